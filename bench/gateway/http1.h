/* What both programs need of HTTP/1.1: the head of a message, growing text, and the time. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* Bytes that grow. `bytes` always has a zero after its end, so that string functions stop there. */
struct text {
    char *bytes;
    size_t length;
    size_t capacity;
};

/* The lines before a body. */
struct head {
    size_t length; /* with the empty line that ends it */
    long content_length; /* -1 if it does not say */
    bool chunked;
    bool closes; /* the sender will close the connection after this message */
};

static inline void die(const char *doing) {
    perror(doing);
    exit(2);
}

static inline int64_t now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

/* Make room for `more` bytes and the zero after them. */
static inline void reserve(struct text *text, size_t more) {
    size_t needed = text->length + more + 1;
    if (needed <= text->capacity)
        return;
    text->capacity = needed * 2;
    text->bytes = realloc(text->bytes, text->capacity);
    if (text->bytes == NULL)
        die("memory");
}

static inline void append_bytes(struct text *text, const char *bytes, size_t length) {
    reserve(text, length);
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = 0;
}

__attribute__((format(printf, 2, 3)))
static inline void append(struct text *text, const char *format, ...) {
    va_list arguments;
    char *formatted;
    va_start(arguments, format);
    int length = vasprintf(&formatted, format, arguments);
    va_end(arguments);
    if (length < 0)
        die("memory");
    append_bytes(text, formatted, (size_t)length);
    free(formatted);
}

/* Forget the first `count` bytes. */
static inline void drop_front(struct text *text, size_t count) {
    text->length -= count;
    memmove(text->bytes, text->bytes + count, text->length);
    text->bytes[text->length] = 0;
}

/* If `line` is the header `name` (with its colon), its value; else NULL. */
static inline const char *header_value(const char *line, const char *name) {
    size_t length = strlen(name);
    return strncasecmp(line, name, length) == 0 ? line + length + strspn(line + length, " ") : NULL;
}

/* Understand the head at the start of `bytes`, which end with a zero. False: it is not all there yet. */
static inline bool read_head(const char *bytes, struct head *head) {
    const char *end = strstr(bytes, "\r\n\r\n");
    if (end == NULL)
        return false;
    *head = (struct head){.length = (size_t)(end - bytes) + 4, .content_length = -1};
    for (const char *line = strchr(bytes, '\n') + 1; line < end; line = strchr(line, '\n') + 1) {
        const char *value;
        if ((value = header_value(line, "content-length:")) != NULL)
            head->content_length = atol(value);
        else if ((value = header_value(line, "transfer-encoding:")) != NULL)
            head->chunked = strncasecmp(value, "chunked", 7) == 0;
        else if ((value = header_value(line, "connection:")) != NULL)
            head->closes = strncasecmp(value, "close", 5) == 0;
    }
    return true;
}
