/*
 * An upstream that costs almost nothing: what is measured in front of it is the gateway alone.
 *
 *   stub [-p PORT] [-n TOKENS]
 *
 * It speaks the OpenAI chat protocol on 127.0.0.1 and says its port (0: any free one) on its first
 * line of output. It ends when its standard input does, so it never outlives who started it.
 *
 *   POST …/chat/completions    one JSON answer, or with "stream": true TOKENS deltas, usage, [DONE]
 *   GET  …/models              the one model
 *   GET  /stats                how many requests and streams came, how many streams were abandoned
 *   GET  /pace/FIRST/GAP       from now on streams wait FIRST ms, then GAP ms between two events
 *
 * Unpaced, a whole stream is one send: the cheapest for us, so the hardest to compare with.
 * One thread, epoll, edge-triggered: each socket is registered once and never again.
 */
#define _GNU_SOURCE
#include "requests.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_CONNECTIONS 16384
#define READ_AT_ONCE 65536
#define LARGEST_REQUEST (16 * 1024 * 1024)

static struct connection *connections[MAX_CONNECTIONS]; /* by file descriptor */
static int poller;

/* Send what is left to send. False: the rest must wait, or nobody is there any more. */
static bool flush(struct connection *connection) {
    while (connection->out_left > 0) {
        ssize_t sent = send(connection->fd, connection->out, connection->out_left, MSG_NOSIGNAL);
        if (sent < 0) {
            connection->gone = errno != EAGAIN && errno != EINTR;
            return false;
        }
        connection->out += sent;
        connection->out_left -= (size_t)sent;
    }
    return true;
}

/* Take the next event of a paced stream. False: it is not due. */
static bool next_paced_event(struct connection *connection) {
    if (now_ns() < connection->due_ns)
        return false;
    start_sending(connection, &answers.events[connection->next_event++]);
    connection->due_ns += pace.gap_ns;
    if (connection->next_event == answers.event_count)
        connection->next_event = NO_STREAM;
    return true;
}

/* Do all that can be done now: send, go on with a stream, answer the next request. */
static void work_on(struct connection *connection) {
    for (;;) {
        if (!flush(connection))
            return;
        if (connection->next_event != NO_STREAM) {
            if (!next_paced_event(connection))
                return;
            continue;
        }
        connection->in_stream = false;
        if (!answer_next(connection))
            return;
    }
}

/* Read all that is there; edge-triggered, so a short read means that the next byte wakes us again. */
static void receive(struct connection *connection) {
    struct text *in = &connection->in;
    for (;;) {
        reserve(in, READ_AT_ONCE);
        ssize_t got = recv(connection->fd, in->bytes + in->length, READ_AT_ONCE, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return;
        if (got <= 0 || in->length > LARGEST_REQUEST) {
            connection->gone = true;
            return;
        }
        in->length += (size_t)got;
        in->bytes[in->length] = 0;
        if (got < READ_AT_ONCE)
            return;
    }
}

static void close_connection(struct connection *connection) {
    if (connection->in_stream)
        stats.abandoned++;
    connections[connection->fd] = NULL;
    close(connection->fd);
    free(connection->in.bytes);
    free(connection->reply.bytes);
    free(connection);
}

static void serve(struct connection *connection, uint32_t events) {
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP))
        receive(connection);
    if (!connection->gone)
        work_on(connection);
    /* A peer that has shut down its side of a stream has left: nothing more may be asked of us. */
    if (connection->gone || (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)))
        close_connection(connection);
}

static void watch(int fd, uint32_t events) {
    struct epoll_event event = {.events = events, .data.fd = fd};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) < 0)
        die("epoll_ctl");
}

static void accept_all(int listener) {
    int on = 1;
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        if (fd >= MAX_CONNECTIONS) {
            close(fd);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        connections[fd] = calloc(1, sizeof **connections);
        connections[fd]->fd = fd;
        connections[fd]->next_event = NO_STREAM;
        watch(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
    }
}

static int listen_on(uint16_t port) {
    int on = 1;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, size) < 0 || listen(listener, 4096) < 0)
        die("listen");
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

/* Send the paced events that are due. Returns how long to sleep, in ms, or -1 if nobody waits. */
static int send_due_events(void) {
    int sleep_ms = -1;
    for (int fd = 0; fd < MAX_CONNECTIONS; fd++) {
        struct connection *connection = connections[fd];
        if (connection == NULL || connection->next_event == NO_STREAM)
            continue;
        work_on(connection);
        sleep_ms = 1;
    }
    return sleep_ms;
}

/* Whether standard input has ended; a terminal or a file that can't be watched never does. */
static bool input_ended(void) {
    char ignored[256];
    return read(STDIN_FILENO, ignored, sizeof ignored) <= 0;
}

static void serve_for_ever(int listener) {
    struct epoll_event ready[512];
    int sleep_ms = -1;
    for (;;) {
        int count = epoll_wait(poller, ready, 512, sleep_ms);
        for (int index = 0; index < count; index++) {
            int fd = ready[index].data.fd;
            if (fd == STDIN_FILENO && input_ended())
                return;
            if (fd == listener)
                accept_all(listener);
            else if (fd != STDIN_FILENO)
                serve(connections[fd], ready[index].events);
        }
        bool paced = pace.first_ns != 0 || pace.gap_ns != 0;
        sleep_ms = paced || sleep_ms > 0 ? send_due_events() : -1;
    }
}

int main(int count, char **words) {
    uint16_t port = 0;
    int tokens = 50;
    int option;
    while ((option = getopt(count, words, "p:n:")) > 0) {
        if (option == 'p')
            port = (uint16_t)atoi(optarg);
        else if (option == 'n')
            tokens = atoi(optarg);
        else
            return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    make_json_answer(tokens);
    make_stream(tokens);
    poller = epoll_create1(EPOLL_CLOEXEC);
    int listener = listen_on(port);
    watch(listener, EPOLLIN);
    struct epoll_event input = {.events = EPOLLIN, .data.fd = STDIN_FILENO};
    epoll_ctl(poller, EPOLL_CTL_ADD, STDIN_FILENO, &input); /* refused for /dev/null: then we run until killed */
    serve_for_ever(listener);
    return 0;
}
