/* The requests that a load sends: one or more in a file, in turn. */
#pragma once

#include "http1.h"

struct turns {
    struct text bytes; /* of all of them, one after the other */
    size_t *starts; /* one more than there are requests: the last is the end */
    size_t count;
    size_t next;
};

static inline void read_file(struct text *bytes, const char *path) {
    FILE *file = fopen(path, "rb");
    char piece[4096];
    size_t got;
    if (file == NULL)
        die(path);
    while ((got = fread(piece, 1, sizeof piece, file)) > 0)
        append_bytes(bytes, piece, got);
    fclose(file);
}

/* Find out where each request begins. What is no whole request at the end is left out. */
static inline void read_turns(struct turns *turns, const char *path) {
    struct head head;
    size_t at = 0;
    read_file(&turns->bytes, path);
    turns->starts = calloc(1, sizeof *turns->starts);
    while (turns->starts != NULL && at < turns->bytes.length && read_head(turns->bytes.bytes + at, &head)) {
        at += head.length + (head.content_length > 0 ? (size_t)head.content_length : 0);
        if (at > turns->bytes.length)
            break;
        turns->starts = realloc(turns->starts, (++turns->count + 1) * sizeof *turns->starts);
        if (turns->starts != NULL)
            turns->starts[turns->count] = at;
    }
    if (turns->starts == NULL)
        die("memory");
}

/* Whose turn it is, and how long that request is. */
static inline const char *next_turn(struct turns *turns, size_t *length) {
    size_t this = turns->next++ % turns->count;
    *length = turns->starts[this + 1] - turns->starts[this];
    return turns->bytes.bytes + turns->starts[this];
}
