/* What the stub says. Everything is fixed and made once, at the start. */
#pragma once

#include "http1.h"

#define PROMPT_TOKENS 57

static struct {
    struct text json;
    struct text stream; /* all events in one */
    struct text *events; /* the same, one by one; the first with the head */
    int event_count;
} answers;

#define IDENTITY "\"id\":\"chatcmpl-9f3c2d7e5a1b4c8d\",\"created\":1790000000,\"model\":\"stub\",\"system_fingerprint\":\"fp_stub\""
#define CHUNK_START "data: {" IDENTITY ",\"object\":\"chat.completion.chunk\",\"choices\":["

static void whole_answer(struct text *answer, const char *status, const char *body) {
    answer->length = 0;
    append(answer, "HTTP/1.1 %s\r\ncontent-type: application/json\r\ncontent-length: %zu\r\n\r\n%s", status, strlen(body), body);
}

static void make_json_answer(int tokens) {
    struct text body = {0};
    append(&body, "{" IDENTITY ",\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"");
    for (int token = 0; token < tokens; token++)
        append(&body, " tok%02d", token % 100);
    append(&body, "\"},\"logprobs\":null,\"finish_reason\":\"stop\"}],");
    append(&body, "\"usage\":{\"prompt_tokens\":%d,\"completion_tokens\":%d,\"total_tokens\":%d}}", PROMPT_TOKENS, tokens, PROMPT_TOKENS + tokens);
    whole_answer(&answers.json, "200 OK", body.bytes);
    free(body.bytes);
}

/* Keep `event` as the next one, framed as a chunk. */
static void add_event(const char *event) {
    struct text *next = &answers.events[answers.event_count++];
    if (answers.event_count == 1)
        append(next, "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n");
    append(next, "%zx\r\n%s\r\n", strlen(event), event);
}

static void make_stream(int tokens) {
    char event[1024];
    answers.events = calloc((size_t)tokens + 4, sizeof *answers.events);
    add_event(CHUNK_START "{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n");
    for (int token = 0; token < tokens; token++) {
        snprintf(event, sizeof event, CHUNK_START "{\"index\":0,\"delta\":{\"content\":\" tok%02d\"},\"finish_reason\":null}]}\n\n", token % 100);
        add_event(event);
    }
    add_event(CHUNK_START "{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n");
    snprintf(event, sizeof event, CHUNK_START "],\"usage\":{\"prompt_tokens\":%d,\"completion_tokens\":%d,\"total_tokens\":%d}}\n\n",
             PROMPT_TOKENS, tokens, PROMPT_TOKENS + tokens);
    add_event(event);
    add_event("data: [DONE]\n\n");
    append(&answers.events[answers.event_count - 1], "0\r\n\r\n");
    for (int index = 0; index < answers.event_count; index++)
        append_bytes(&answers.stream, answers.events[index].bytes, answers.events[index].length);
}
