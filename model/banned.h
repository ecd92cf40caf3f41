/* Functions that have no place here: each can overrun, or keeps hidden state. The compiler reads this
   file before every other (see the Makefile), so using one of them stops the build. */
#ifndef MODEL_BANNED_H
#define MODEL_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat sprintf vsprintf strtok gets tmpnam mktemp
#pragma GCC poison gmtime localtime ctime asctime
#pragma GCC poison system popen

#endif
