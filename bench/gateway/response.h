/* One HTTP/1.1 answer that comes in pieces: its status, its body without the framing, and when it came. */
#pragma once

#include "http1.h"

#define TAIL 128 /* the end mark must stand in that many last bytes */

enum state { IN_HEAD, IN_SIZE, IN_CHUNK, AFTER_CHUNK, IN_TRAILER, IN_BODY, UNTIL_CLOSE, WHOLE, BROKEN };

struct response {
    enum state state;
    struct head head;
    int status;
    struct text line; /* the head, or a line of the framing, while it is not whole */
    struct text body;
    size_t left; /* of the chunk, or of the body */
    size_t searched; /* so much of the body has no first text */
    int64_t first_byte_ns;
    int64_t first_text_ns;
};

/* What to look for in a stream; NULL: nothing. */
struct marks {
    const char *first_text;
    const char *end;
    int tokens; /* that the stub says; 0: whatever it says */
};

static inline void start_response(struct response *response) {
    struct text line = response->line;
    struct text body = response->body;
    line.length = body.length = 0;
    *response = (struct response){.state = IN_HEAD, .line = line, .body = body};
}

static inline bool is_over(const struct response *response) {
    return response->state == WHOLE || response->state == BROKEN;
}

/* The connection was closed: fine only for a body that has no other end. */
static inline void end_response(struct response *response) {
    if (!is_over(response))
        response->state = response->state == UNTIL_CLOSE ? WHOLE : BROKEN;
    response->head.closes = true;
}

static inline bool ends_well(const struct response *response, const struct marks *marks) {
    if (marks->end == NULL)
        return true;
    if (response->body.length == 0)
        return false;
    size_t tail = response->body.length < TAIL ? response->body.length : TAIL;
    return strstr(response->body.bytes + response->body.length - tail, marks->end) != NULL;
}

/* Whether the body says " tok00 tok01 …", all of the stub's tokens in order, however they are framed. */
static inline bool has_tokens(const struct response *response, int tokens) {
    const char *at = response->body.length > 0 ? response->body.bytes : "";
    char token[] = " tok00";
    for (int index = 0; index < tokens && at != NULL; index++) {
        token[4] = (char)('0' + index / 10 % 10);
        token[5] = (char)('0' + index % 10);
        at = strstr(at, token);
        at = at != NULL ? at + strlen(token) : NULL;
    }
    return at != NULL;
}

static inline void look_for_first_text(struct response *response, const char *mark) {
    if (mark == NULL || response->first_text_ns != 0)
        return;
    if (strstr(response->body.bytes + response->searched, mark) != NULL)
        response->first_text_ns = now_ns();
    else if (response->body.length > strlen(mark)) /* the mark may have begun at the very end */
        response->searched = response->body.length - strlen(mark);
}

/* The head is whole: what follows it? */
static inline void begin_body(struct response *response) {
    const char *status = strchr(response->line.bytes, ' ');
    response->status = status != NULL ? atoi(status) : 0;
    response->line.length = 0;
    response->left = response->head.content_length > 0 ? (size_t)response->head.content_length : 0;
    if (response->head.chunked)
        response->state = IN_SIZE;
    else if (response->head.content_length < 0)
        response->state = UNTIL_CLOSE;
    else
        response->state = response->left > 0 ? IN_BODY : WHOLE;
}

/* Take `length` bytes of the head. Returns how many belonged to it. */
static inline size_t feed_head(struct response *response, const char *bytes, size_t length) {
    size_t before = response->line.length;
    append_bytes(&response->line, bytes, length);
    if (!read_head(response->line.bytes, &response->head))
        return length;
    begin_body(response);
    return response->head.length - before;
}

/* A line of the framing is whole: a chunk's size, the end of a chunk, or a trailer. */
static inline void end_line(struct response *response) {
    char *rest;
    bool empty = response->line.length == 0 || response->line.bytes[0] == '\r';
    if (response->state == IN_SIZE) {
        response->left = strtoul(response->line.length ? response->line.bytes : "", &rest, 16);
        response->state = empty || (*rest != '\r' && *rest != ';') ? BROKEN : response->left > 0 ? IN_CHUNK : IN_TRAILER;
    } else if (response->state == AFTER_CHUNK) {
        response->state = empty ? IN_SIZE : BROKEN;
    } else if (empty) {
        response->state = WHOLE;
    }
    response->line.length = 0;
}

static inline size_t feed_line(struct response *response, const char *bytes, size_t length) {
    const char *end = memchr(bytes, '\n', length);
    size_t used = end != NULL ? (size_t)(end - bytes) + 1 : length;
    append_bytes(&response->line, bytes, end != NULL ? used - 1 : used);
    if (end != NULL)
        end_line(response);
    return used;
}

static inline size_t feed_body(struct response *response, const char *bytes, size_t length) {
    bool counted = response->state != UNTIL_CLOSE;
    size_t used = counted && length > response->left ? response->left : length;
    append_bytes(&response->body, bytes, used);
    response->left -= counted ? used : 0;
    if (counted && response->left == 0)
        response->state = response->state == IN_CHUNK ? AFTER_CHUNK : WHOLE;
    return used;
}

/* Take what was received. */
static inline void feed_response(struct response *response, const char *bytes, size_t length, const struct marks *marks) {
    if (response->first_byte_ns == 0)
        response->first_byte_ns = now_ns();
    while (length > 0 && !is_over(response)) {
        size_t used;
        if (response->state == IN_HEAD)
            used = feed_head(response, bytes, length);
        else if (response->state == IN_CHUNK || response->state == IN_BODY || response->state == UNTIL_CLOSE)
            used = feed_body(response, bytes, length);
        else
            used = feed_line(response, bytes, length);
        bytes += used;
        length -= used;
    }
    if (response->body.length > 0)
        look_for_first_text(response, marks->first_text);
}
