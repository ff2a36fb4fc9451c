/*
 * Closed-loop load: each connection sends the next request as soon as it has its answer.
 *
 *   load -p PORT -r REQUEST_FILE [-c CONNECTIONS] [-w WARM_UP_S] [-s SECONDS] [-n MOST_REQUESTS]
 *        [-f FIRST_MARK] [-e END_MARK] [-t TOKENS]
 *
 * REQUEST_FILE holds the bytes of one or more HTTP/1.1 requests; several are sent in turn. With
 * END_MARK the answer is a stream, and counts only if that mark stands in its last bytes. FIRST_MARK
 * is what the first piece of text looks like, so that a head or an event that says nothing yet is not
 * taken for an answer. With TOKENS an answer counts only if it holds the stub's tokens, all and in order.
 *
 * Answers a second are those that ended between the warm-up and SECONDS later, whenever they began:
 * who takes long for each loses nothing by that. Times are of those that began after the warm-up, too.
 * At the end no new request is sent, and those under way are waited for: who keeps books can compare.
 * One thread, epoll. Prints JSON; times are in microseconds.
 */
#define _GNU_SOURCE
#include "response.h"
#include "turns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_AT_ONCE 262144
#define PATIENCE_NS INT64_C(10000000000) /* for the last answers, after the end */
#define MOST_FAILURES 1000 /* then there is nothing left to measure */

struct connection {
    int fd;
    bool waiting; /* for an answer */
    int64_t sent_ns;
    struct response response;
};

struct samples {
    uint32_t *us;
    size_t count;
    size_t capacity;
};

static struct {
    struct sockaddr_in address;
    struct turns turns;
    int connections;
    long most;
    double warm_up_s;
    double seconds;
    struct marks marks;
} options = {.connections = 1, .most = LONG_MAX, .warm_up_s = 0.5, .seconds = 3};

static struct {
    long sent;
    long good; /* all, also those outside the time that is measured */
    long ended; /* good, in the time that is measured */
    long measured; /* of these the ones that began in it, too */
    long refused; /* another status than 2xx */
    long unended; /* a stream without its end mark, or an answer without all of its tokens */
    long broken; /* the connection ended too early, or it was no HTTP */
    struct samples whole;
    struct samples first_byte;
    struct samples first_text;
    char first_failure[200];
} results;

static int poller;
static int64_t measure_from_ns;
static int64_t measure_until_ns;
static int under_way;

static void add_sample(struct samples *samples, int64_t ns) {
    if (samples->count == samples->capacity) {
        samples->capacity = samples->capacity ? samples->capacity * 2 : 65536;
        samples->us = realloc(samples->us, samples->capacity * sizeof *samples->us);
        if (samples->us == NULL)
            die("memory");
    }
    samples->us[samples->count++] = (uint32_t)(ns / 1000);
}

/* ---- connections ---- */

static void open_connection(struct connection *connection) {
    int on = 1;
    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(connection->fd, (struct sockaddr *)&options.address, sizeof options.address) < 0)
        die("connect");
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, connection->fd, &event) < 0)
        die("epoll_ctl");
}

static void reopen(struct connection *connection) {
    close(connection->fd);
    open_connection(connection);
}

/* The socket blocks when it sends: the request is small and the other side has nothing else to read. */
static void send_request(struct connection *connection) {
    size_t length;
    const char *request = next_turn(&options.turns, &length);
    start_response(&connection->response);
    connection->sent_ns = now_ns();
    connection->waiting = true;
    under_way++;
    results.sent++;
    if (send(connection->fd, request, length, MSG_NOSIGNAL) != (ssize_t)length)
        die("send");
}

static void remember_failure(const struct response *response) {
    if (results.first_failure[0] != 0)
        return;
    int length = response->body.length < 150 ? (int)response->body.length : 150;
    snprintf(results.first_failure, sizeof results.first_failure, "status %d: %.*s", response->status, length,
             length ? response->body.bytes : "");
    for (char *byte = results.first_failure; *byte; byte++)
        if (*byte == '"' || *byte == '\\' || (unsigned char)*byte < ' ')
            *byte = ' ';
}

/* Count a whole answer: good or not, and how long it took. */
static void count_answer(const struct connection *connection) {
    const struct response *response = &connection->response;
    int64_t now = now_ns();
    long *failure = NULL;
    if (response->state == BROKEN)
        failure = &results.broken;
    else if (response->status / 100 != 2)
        failure = &results.refused;
    else if (!ends_well(response, &options.marks) || !has_tokens(response, options.marks.tokens))
        failure = &results.unended;
    if (failure != NULL) {
        ++*failure;
        remember_failure(response);
        return;
    }
    results.good++;
    if (now < measure_from_ns || now > measure_until_ns)
        return;
    results.ended++;
    if (connection->sent_ns < measure_from_ns)
        return;
    results.measured++;
    add_sample(&results.whole, now - connection->sent_ns);
    add_sample(&results.first_byte, response->first_byte_ns - connection->sent_ns);
    if (response->first_text_ns != 0)
        add_sample(&results.first_text, response->first_text_ns - connection->sent_ns);
}

static void finish(struct connection *connection) {
    connection->waiting = false;
    under_way--;
    count_answer(connection);
    if (results.refused + results.unended + results.broken >= MOST_FAILURES)
        measure_until_ns = now_ns();
    if (connection->response.state == BROKEN || connection->response.head.closes)
        reopen(connection);
    if (now_ns() < measure_until_ns && results.sent < options.most)
        send_request(connection);
}

static void receive(struct connection *connection) {
    static char bytes[READ_AT_ONCE];
    ssize_t got = recv(connection->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0 && !connection->waiting) {
        reopen(connection); /* an idle connection was closed: that is allowed */
        return;
    }
    if (got <= 0)
        end_response(&connection->response);
    else
        feed_response(&connection->response, bytes, (size_t)got, &options.marks);
    if (connection->waiting && is_over(&connection->response))
        finish(connection);
}

static void run(struct connection *connections) {
    struct epoll_event ready[512];
    measure_from_ns = now_ns() + (int64_t)(options.warm_up_s * 1e9);
    measure_until_ns = measure_from_ns + (int64_t)(options.seconds * 1e9);
    for (int index = 0; index < options.connections; index++)
        open_connection(&connections[index]);
    for (int index = 0; index < options.connections && results.sent < options.most; index++)
        send_request(&connections[index]);
    while (under_way > 0 && now_ns() < measure_until_ns + PATIENCE_NS) {
        int count = epoll_wait(poller, ready, 512, 100);
        for (int index = 0; index < count; index++)
            receive(ready[index].data.ptr);
    }
}

/* ---- the report ---- */

static int by_size(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

static void print_samples(const char *name, struct samples *samples) {
    uint32_t at[3] = {0, 0, 0};
    const double shares[3] = {0.5, 0.9, 0.99};
    if (samples->count > 0) {
        qsort(samples->us, samples->count, sizeof *samples->us, by_size);
        for (int index = 0; index < 3; index++)
            at[index] = samples->us[(size_t)(shares[index] * (double)(samples->count - 1) + 0.5)];
    }
    printf(", \"%s\": {\"p50\": %u, \"p90\": %u, \"p99\": %u}", name, at[0], at[1], at[2]);
}

static void print_results(void) {
    printf("{\"rps\": %.1f, \"measured\": %ld, \"sent\": %ld, \"good\": %ld", (double)results.ended / options.seconds,
           results.measured, results.sent, results.good);
    printf(", \"refused\": %ld, \"unended\": %ld, \"broken\": %ld, \"unanswered\": %d", results.refused, results.unended,
           results.broken, under_way);
    print_samples("whole_us", &results.whole);
    print_samples("first_byte_us", &results.first_byte);
    print_samples("first_text_us", &results.first_text);
    printf(", \"first_failure\": \"%s\"}\n", results.first_failure);
}

/* ---- the start ---- */

static bool read_options(int count, char **words) {
    int option;
    options.address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    while ((option = getopt(count, words, "p:r:c:w:s:n:f:e:t:")) > 0) {
        switch (option) {
        case 'p': options.address.sin_port = htons((uint16_t)atoi(optarg)); break;
        case 'r': read_turns(&options.turns, optarg); break;
        case 'c': options.connections = atoi(optarg); break;
        case 'w': options.warm_up_s = atof(optarg); break;
        case 's': options.seconds = atof(optarg); break;
        case 'n': options.most = atol(optarg); break;
        case 'f': options.marks.first_text = optarg; break;
        case 'e': options.marks.end = optarg; break;
        case 't': options.marks.tokens = atoi(optarg); break;
        default: return false;
        }
    }
    return options.address.sin_port != 0 && options.turns.count > 0 && options.connections > 0;
}

int main(int count, char **words) {
    if (!read_options(count, words)) {
        fprintf(stderr, "load -p PORT -r REQUEST_FILE [-c CONNECTIONS] [-w WARM_UP_S] [-s SECONDS] [-n MOST_REQUESTS]"
                        " [-f FIRST_MARK] [-e END_MARK] [-t TOKENS]\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    poller = epoll_create1(EPOLL_CLOEXEC);
    run(calloc((size_t)options.connections, sizeof(struct connection)));
    print_results();
    return 0;
}
