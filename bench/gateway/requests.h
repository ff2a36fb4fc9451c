/* What the stub does with one request: understand it and say what is to be sent. It sends nothing itself. */
#pragma once

#include "answers.h"

#define NO_STREAM (-1)

struct connection {
    int fd;
    bool gone;
    bool in_stream;
    struct text in; /* received, not yet understood */
    struct text reply; /* an answer made for this connection alone */
    const char *out; /* what is being sent, in `reply` or in `answers` */
    size_t out_left;
    int next_event; /* of a paced stream, or NO_STREAM */
    int64_t due_ns; /* when `next_event` may go */
};

static struct {
    long requests;
    long streams;
    long abandoned;
} stats;

static struct {
    int64_t first_ns;
    int64_t gap_ns;
} pace;

static void start_sending(struct connection *connection, const struct text *text) {
    connection->out = text->bytes;
    connection->out_left = text->length;
}

/* Whether the body asks for a stream. A look for the field is enough: those who ask are ours. */
static bool wants_stream(const char *body) {
    const char *field = strstr(body, "\"stream\"");
    return field != NULL && field[8 + strspn(field + 8, " :")] == 't';
}

static void answer_chat(struct connection *connection, const char *body) {
    stats.requests++;
    if (!wants_stream(body)) {
        start_sending(connection, &answers.json);
        return;
    }
    stats.streams++;
    connection->in_stream = true;
    if (pace.first_ns == 0 && pace.gap_ns == 0) {
        start_sending(connection, &answers.stream);
        return;
    }
    connection->next_event = 0;
    connection->due_ns = now_ns() + pace.first_ns;
}

static void answer_get(struct connection *connection, const char *path) {
    struct text body = {0};
    long first_ms;
    long gap_ms;
    const char *status = "200 OK";
    if (sscanf(path, "/pace/%ld/%ld", &first_ms, &gap_ms) == 2) {
        pace.first_ns = first_ms * 1000000;
        pace.gap_ns = gap_ms * 1000000;
        append(&body, "{\"first_ms\":%ld,\"gap_ms\":%ld}", first_ms, gap_ms);
    } else if (strncmp(path, "/stats ", 7) == 0) {
        append(&body, "{\"requests\":%ld,\"streams\":%ld,\"abandoned\":%ld}", stats.requests, stats.streams, stats.abandoned);
    } else if (strncmp(path, "/models ", 8) == 0 || strncmp(path, "/v1/models ", 11) == 0) {
        append(&body, "{\"object\":\"list\",\"data\":[{\"id\":\"stub\",\"object\":\"model\",\"created\":1790000000,\"owned_by\":\"stub\"}]}");
    } else {
        status = "404 Not Found";
        append(&body, "{\"error\":{\"message\":\"no such path\"}}");
    }
    whole_answer(&connection->reply, status, body.bytes);
    free(body.bytes);
    start_sending(connection, &connection->reply);
}

static void refuse(struct connection *connection, const char *status) {
    whole_answer(&connection->reply, status, "{\"error\":{\"message\":\"refused\"}}");
    start_sending(connection, &connection->reply);
}

/* Answer the first request that was received. False: none is there as a whole. */
static bool answer_next(struct connection *connection) {
    struct text *in = &connection->in;
    struct head head;
    if (in->length == 0 || !read_head(in->bytes, &head))
        return false;
    size_t length = head.length + (head.content_length > 0 ? (size_t)head.content_length : 0);
    if (in->length < length)
        return false;
    char after = in->bytes[length];
    in->bytes[length] = 0; /* looks into the body stop at its end */
    if (strncmp(in->bytes, "GET ", 4) == 0)
        answer_get(connection, in->bytes + 4);
    else if (head.chunked)
        refuse(connection, "411 Length Required");
    else if (strncmp(in->bytes, "POST ", 5) != 0 || strstr(in->bytes, "/chat/completions ") == NULL)
        refuse(connection, "404 Not Found");
    else
        answer_chat(connection, in->bytes + head.length);
    in->bytes[length] = after;
    drop_front(in, length);
    return true;
}
