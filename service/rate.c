#include "service/rate.h"

#include "model/arena.h"

#include <pthread.h>
#include <stdlib.h>

enum { WAYS = 8, SETS = 1024 };

/* The time at which the bucket will be full again says all there is to say of it. */
struct bucket {
	uint64_t key;
	int64_t full_us;
};

struct rate {
	pthread_mutex_t lock;
	int64_t one_us, burst_us; /* how long one request takes to come back; the whole bucket */
	int burst;
	struct bucket buckets[SETS][WAYS];
};

struct rate *rate_new(int a_second)
{
	if (!a_second)
		return NULL;
	struct rate *rate = xcalloc(1, sizeof *rate);
	pthread_mutex_init(&rate->lock, NULL);
	rate->burst = a_second * RATE_BURST_S;
	rate->one_us = 1000000 / a_second;
	rate->burst_us = rate->one_us * rate->burst;
	return rate;
}

void rate_free(struct rate *rate)
{
	if (!rate)
		return;
	pthread_mutex_destroy(&rate->lock);
	free(rate);
}

int rate_burst(const struct rate *rate)
{
	return rate->burst;
}

/* FNV-1a: who asks is known and valid by now, so nobody chooses keys to collide. */
static uint64_t key_hash(const char *key)
{
	uint64_t hash = 14695981039346656037u;
	for (; *key; key++)
		hash = (hash ^ (unsigned char)*key) * 1099511628211u;
	return hash ? hash : 1;
}

/* Its own, or the fullest of its set anew. The lock is held. */
static struct bucket *find(struct rate *rate, uint64_t key)
{
	struct bucket *set = rate->buckets[key % SETS], *fullest = set;
	for (int i = 0; i < WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
		if (set[i].full_us < fullest->full_us)
			fullest = &set[i];
	}
	*fullest = (struct bucket){ .key = key };
	return fullest;
}

struct rate_left rate_take(struct rate *rate, const char *key, int64_t now_ms)
{
	int64_t now = now_ms * 1000;
	struct rate_left answer = { 0 };
	pthread_mutex_lock(&rate->lock);
	struct bucket *bucket = find(rate, key_hash(key));
	int64_t missing = bucket->full_us > now ? bucket->full_us - now : 0;
	answer.may = missing + rate->one_us <= rate->burst_us;
	if (answer.may)
		bucket->full_us = now + (missing += rate->one_us);
	pthread_mutex_unlock(&rate->lock);
	answer.left = (int)((rate->burst_us - missing) / rate->one_us);
	if (!answer.may)
		answer.wait_s = (int)((missing + rate->one_us - rate->burst_us + 999999) / 1000000);
	return answer;
}
