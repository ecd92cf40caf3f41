#include "model/buf.h"
#include "tests/lib.h"

int main(void)
{
	test("an empty one is a text") {
		struct buf b = { 0 };

		same(buf_str(&b), "");
		buf_reset(&b);
		same(b.text, "");
		buf_text(&b, NULL);
		same_int((long long)b.size, 0);
		buf_clear(&b);

		char *text = buf_take(&b);
		same(text, "");
		free(text);
		same(buf_str(&b), "");
	}

	test("it grows and is always ended") {
		struct buf b = { 0 };

		for (int i = 0; i < 5000; i++) {
			buf_printf(&b, "%d,", i);
			if (b.text[b.size] || b.size >= b.room) {
				ok(!"ended inside its room");
				break;
			}
		}
		ok(!strncmp(b.text, "0,1,2,3,", 8));
		same(b.text + b.size - 5, "4999,");
		buf_printf(&b, "%04000d", 7);
		same(b.text + b.size - 3, "007");
		buf_cut(&b, 3);
		same(b.text, "0,1");
		buf_cut(&b, 100);
		same(b.text, "0,1");
		buf_char(&b, '!');
		buf_add(&b, "a\0b", 3);
		same_int((long long)b.size, 7);
		ok(b.text[5] == '\0' && b.text[6] == 'b');
		buf_clear(&b);
	}

	test("what is taken is the caller's") {
		struct buf b = { 0 };

		buf_text(&b, "mine");
		char *text = buf_take(&b);
		same(text, "mine");
		same(buf_str(&b), "");
		same_int((long long)b.room, 0);
		free(text);
	}
	return test_result();
}
