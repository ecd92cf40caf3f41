#include "model/error.h"
#include "model/text.h"
#include "tests/lib.h"

int main(void)
{
	test("an error is filled in one line and tells the exit code") {
		struct error err = { .status = 409, .wait_ms = 20, .code = "lease-held" };

		ok(!error_set(&err, ERROR_CONFLICT, "Held by %s.", "k.byrne"));
		same(err.text, "Held by k.byrne.");
		same_int(err.kind, ERROR_CONFLICT);
		same_int(err.status, 409);
		same_int(err.wait_ms, 20);
		same(err.code, "lease-held");
		same_int(error_exit(err.kind), 5);
		same(error_name(err.kind), "conflict");
		ok(!error_set(NULL, ERROR_LOCAL, "Nobody listens."));
	}

	test("every kind has its exit code") {
		const int codes[] = { 0, 6, 75, 4, 5, 8, 8, 3, 2, 2, 1, 1, 130 };

		for (int kind = ERROR_NONE; kind <= ERROR_CANCELLED; kind++)
			same_int(error_exit((enum error_kind)kind), codes[kind]);
		same_int(error_exit((enum error_kind)99), 1);
	}

	test("a long sentence is cut between characters") {
		/* Two, three and four bytes a character, each offset by nothing, one, two and
		 * three. */
		const char *const letters[] = { "\u00EB", "\u20AC", "\U0001F600" };

		for (int letter = 0; letter < 3; letter++) {
			for (int offset = 0; offset < 4; offset++) {
				char text[400] = "xxx";
				struct error err = { 0 };

				text[offset] = '\0';
				while (strlen(text) < 300)
					strncat(text, letters[letter], 5);
				error_set(&err, ERROR_LOCAL, "%s", text);
				ok(text_valid(err.text, strlen(err.text)));
				ok(strlen(err.text) >= 252);
			}
		}
	}

	test("the sentence may hold its own text") {
		struct error err = { .text = "No room." };

		error_set(&err, ERROR_LOCAL, "Nothing was saved: %s", err.text);
		same(err.text, "Nothing was saved: No room.");
	}
	return test_result();
}
