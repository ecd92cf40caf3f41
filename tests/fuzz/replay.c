/* Feeds a fuzzer its kept corpus without libFuzzer: each file, each file cut short, and some thousand
   changed forms of them drawn by seed, the same in every run. The fuzzer's name is the program's. */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>

enum { FILES_MOST = 400, SIZE_MOST = 1 << 16, CUTS_MOST = 64, CHANGED = 2000 };

static struct input {
	char name[256];
	uint8_t *data;
	size_t size;
} inputs[FILES_MOST];
static int input_count;

static uint64_t seed = 20260417;

static size_t draw(size_t below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return below ? (size_t)(seed >> 33) % below : 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct input *)a)->name, ((const struct input *)b)->name);
}

static void load(const char *dir)
{
	static uint8_t room[SIZE_MOST];
	DIR *d = opendir(dir);

	for (struct dirent *e; d && input_count < FILES_MOST && (e = readdir(d));) {
		struct input *in = &inputs[input_count];
		char path[600];

		if (*e->d_name == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		FILE *f = fopen(path, "rb");
		if (!f)
			continue;
		snprintf(in->name, sizeof(in->name), "%s", e->d_name);
		in->size = fread(room, 1, sizeof(room), f);
		fclose(f);
		in->data = malloc(in->size + 1);
		if (!in->data)
			abort();
		memcpy(in->data, room, in->size);
		input_count++;
	}
	if (d)
		closedir(d);
	qsort(inputs, (size_t)input_count, sizeof(*inputs), by_name);
}

/* In a block of exactly its size, so that the sanitizer sees a byte read beyond it. */
static void feed(const uint8_t *data, size_t size)
{
	uint8_t *own = malloc(size ? size : 1);

	if (!own)
		abort();
	memcpy(own, data, size);
	LLVMFuzzerTestOneInput(own, size);
	free(own);
}

static void feed_cut(const struct input *in)
{
	size_t step = in->size / CUTS_MOST + 1;

	for (size_t size = 0; size < in->size; size += step)
		feed(in->data, size);
}

/* A few bytes changed, dropped or doubled, or the rest of another file behind a cut. */
static void feed_changed(void)
{
	static uint8_t data[2 * SIZE_MOST];
	const struct input *in = &inputs[draw((size_t)input_count)];
	const struct input *other = &inputs[draw((size_t)input_count)];
	size_t size = in->size;

	memcpy(data, in->data, size);
	for (size_t i = draw(4); size && i < 4; i++) {
		size_t at = draw(size), some = draw(8) + 1;

		some = some > size - at ? size - at : some;
		switch (draw(4)) {
		case 0: data[at] = (uint8_t)draw(256); break;
		case 1: data[at] ^= (uint8_t)(1u << draw(8)); break;
		case 2:
			memmove(data + at, data + at + some, size - at - some);
			size -= some;
			break;
		case 3:
			memmove(data + at + some, data + at, size - at);
			size += some;
			break;
		}
	}
	if (draw(3) == 0 && other->size) {
		size_t at = draw(size + 1), from = draw(other->size);

		memcpy(data + at, other->data + from, other->size - from);
		size = at + other->size - from;
	}
	feed(data, size);
}

int main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/'), *name = slash ? slash + 1 : argv[0];
	char dir[300];

	snprintf(dir, sizeof(dir), "tests/fuzz/corpus/%s", name);
	load(argc > 1 ? argv[1] : dir);
	if (!input_count) {
		printf("not ok %s: no corpus in %s\n", name, dir);
		return 1;
	}
	/* Told before it is tried: the last one named is the one that broke. */
	for (int i = 0; i < input_count; i++) {
		printf("# %s\n", inputs[i].name);
		fflush(stdout);
		feed(inputs[i].data, inputs[i].size);
	}
	printf("ok %s: %d inputs kept\n", name, input_count);
	for (int i = 0; i < input_count; i++) {
		printf("# %s, cut\n", inputs[i].name);
		fflush(stdout);
		feed_cut(&inputs[i]);
	}
	printf("ok %s: each cut short\n", name);
	fflush(stdout);
	for (int i = 0; i < CHANGED; i++)
		feed_changed();
	printf("ok %s: %d changed forms of them\n", name, (int)CHANGED);
	for (int i = 0; i < input_count; i++)
		free(inputs[i].data);
	return 0;
}
