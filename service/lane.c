#include "service/lane.h"

#include "model/arena.h"

#include <pthread.h>
#include <stddef.h>

struct lane {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct job *first, **last;
	bool ending;
	void (*work)(void *ctx, struct job *list);
	void *ctx;
	int most;
};

/* Waits for jobs and cuts them off the queue; NULL at the end. */
static struct job *lane_take(struct lane *lane)
{
	pthread_mutex_lock(&lane->lock);
	while (!lane->first && !lane->ending)
		pthread_cond_wait(&lane->more, &lane->lock);
	struct job *list = lane->first, **end = &lane->first;
	for (int i = 0; i < lane->most && *end; i++)
		end = &(*end)->next;
	lane->first = *end;
	*end = NULL;
	if (!lane->first)
		lane->last = &lane->first;
	pthread_mutex_unlock(&lane->lock);
	return list;
}

static void *lane_run(void *ctx)
{
	struct lane *lane = ctx;
	struct job *list;
	while ((list = lane_take(lane)))
		lane->work(lane->ctx, list);
	return NULL;
}

struct lane *lane_new(void (*work)(void *ctx, struct job *list), void *ctx, int most)
{
	struct lane *lane = xcalloc(1, sizeof *lane);
	lane->work = work;
	lane->ctx = ctx;
	lane->most = most;
	lane->last = &lane->first;
	pthread_mutex_init(&lane->lock, NULL);
	pthread_cond_init(&lane->more, NULL);
	if (pthread_create(&lane->thread, NULL, lane_run, lane) == 0)
		return lane;
	free(lane);
	return NULL;
}

void lane_add(struct lane *lane, struct job *job)
{
	job->next = NULL;
	pthread_mutex_lock(&lane->lock);
	*lane->last = job;
	lane->last = &job->next;
	pthread_cond_signal(&lane->more);
	pthread_mutex_unlock(&lane->lock);
}

void lane_free(struct lane *lane)
{
	if (!lane)
		return;
	pthread_mutex_lock(&lane->lock);
	lane->ending = true;
	pthread_cond_signal(&lane->more);
	pthread_mutex_unlock(&lane->lock);
	pthread_join(lane->thread, NULL);
	pthread_cond_destroy(&lane->more);
	pthread_mutex_destroy(&lane->lock);
	free(lane);
}
