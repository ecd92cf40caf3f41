/* The only file that draws. Text from anywhere passes text_clean() in here, and nowhere else. What
   is put is compared with what stands there: only the difference is written, in one write() a
   frame, and the last thing of a frame is the cursor's move to the focus. */
#ifndef TUI_SCREEN_H
#define TUI_SCREEN_H

#include "model/error.h"
#include "tui/theme.h"

struct screen;

/* Takes the terminal over (alternate screen, raw keys, bracketed paste). An unknown TERM falls back
   to xterm-256color or vt100; *notice is then the sentence to show (static), else NULL. */
struct screen *screen_open(const char *theme, bool no_color, bool mouse, const char **notice,
			   struct error *err);
/* Gives it back as it was. Also done, as well as it can be, when the program is killed or aborts.
 */
void screen_close(struct screen *);

int screen_rows(const struct screen *);
int screen_cols(const struct screen *);

/* A frame: begin, puts, focus, end. */
void screen_begin(struct screen *);		   /* everything blank */
void screen_again(struct screen *);		   /* everything as it stands: for a few rows */
void screen_focus(
	struct screen *, int row, int col); /* where the hardware cursor ends; last one wins */
void screen_end(struct screen *);

/* Puts text into exactly `width` columns (cut with "...", filled with spaces; width < 0: up to the
   right edge, not filled; -1 for "as long as it is"). What lies outside is left out. Gives the
   columns the text took. */
int screen_put(struct screen *, int row, int col, int width, enum style, const char *text);
int screen_putf(struct screen *, int row, int col, int width, enum style, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));
/* Against the right edge, leaving `margin` columns free; gives the column it starts at. */
int screen_right(struct screen *, int row, int margin, enum style, const char *text);
/* One whole row blank, for what covers the view below. */
void screen_blank(struct screen *, int row, int col, int width);
/* Gives cells already put another style: a bar over a row. */
void screen_paint(struct screen *, int row, int col, int width, enum style);

/* Columns this text takes on the screen once it is made harmless. */
int screen_width(const char *text);

/* For the body of a letter: calls line() for each wrapped line (clean text of that line); gives the
   number of lines. line NULL: only counts. */
typedef void screen_line(void *ctx, int index, const char *text);
int screen_wrap(const char *text, int columns, screen_line *line, void *ctx);

/* Gives text to the terminal's clipboard (OSC 52). Some terminals refuse, and none says so. */
void screen_copy(struct screen *, const char *text);

void screen_redraw(struct screen *);  /* Ctrl-L: the next frame writes everything */
/* Nothing of what stands there is left: not on the screen, not in the scrollback of a terminal that
   keeps what is cleared. The next frame writes everything. */
void screen_wipe(struct screen *);
void screen_resize(struct screen *);  /* after SIGWINCH: asks the terminal for its size */
void screen_leave(struct screen *);   /* for $EDITOR and Ctrl-Z: the terminal as it was */
void screen_return(struct screen *);  /* and back: the next frame writes everything */
void screen_mend(const struct screen *);   /* away: who had it was killed and left it as it was */
bool screen_away(const struct screen *);

/* readline reads terminfo too; what ncurses knows is kept around it. */
void *screen_keep_terminal(void);
void screen_restore_terminal(void *kept);

#endif
