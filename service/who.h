/* Who asks: by token, or by the name the proxy has signed them in with. */
#ifndef SERVICE_WHO_H
#define SERVICE_WHO_H

#include "service/http.h"

/* Each fills call->who, or refuses; false after a refusal. */
bool who_by_token(struct call *, struct base *, const char *token, int64_t now_ms);
bool who_by_login(struct call *, struct base *, const char *login);

#endif
