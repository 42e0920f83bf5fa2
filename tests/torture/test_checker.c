/* SPDX-License-Identifier: MIT */
/* The checker itself: states that are whole, and states that are broken in one way each. */
#include <stdio.h>
#include <string.h>

#include "tests/support/unit.h"
#include "tests/torture/checker.h"

#define BUCKET "judged"
#define A      "in/2024/01/14/a.json"
#define B      "in/2024/01/14/b.json"
#define LOG    "out/_compaction/log/2024/01/14/"
#define OUTPUT "out/2024/01/14/out-2024-01-14-g00001.json"

struct state {
    struct s3_server *server;
    struct ledger ledger;
    struct checker_scope scope;
    struct checker_report report;
};

static void put(struct state *s, const char *key, const char *text)
{
    assert_ok(s3_server_put(s->server, BUCKET, key, text, strlen(text), NULL, NULL), NULL);
}

static void take_away(struct state *s, const char *key)
{
    assert_ok(s3_server_remove(s->server, BUCKET, key, NULL), NULL);
}

/* A manifest of "a" and "b", or of one of them twice in a row under other numbers. */
static void put_manifest(struct state *s, const char *name, const char *output,
                         const char *const *keys)
{
    struct buf entries, all;
    uint8_t digest[SHA256_SIZE];
    char hex[SHA256_HEX_SIZE];
    char path[256];
    unsigned count = 0, bytes = 0;
    buf_init(&entries, 1u << 16);
    buf_init(&all, 1u << 16);
    for (; keys[count] != NULL; count++) {
        const struct ledger_version *v = &s->ledger.versions[keys[count][0] == 'b'];
        buf_printf(&entries,
                   "{\"key\":\"%s\",\"size\":%d,\"etag\":\"\\\"%.32s\\\"\",\"modified\":\"x\"}\n",
                   v->key, (int)v->len, v->etag + 1);
        bytes += (unsigned)v->len;
    }
    sha256(entries.data, entries.len, digest);
    hex_encode(digest, sizeof digest, hex);
    buf_printf(&all,
               "{\"schema\":\"s3-compact-manifest/1\",\"generation\":%c,\"output\":\"%s\","
               "\"sources\":%u,\"bytes\":%u,\"entries_bytes\":%d,\"entries_sha256\":\"%s\"}\n%s",
               name[5], output, count, bytes, (int)entries.len, hex, entries.data);
    snprintf(path, sizeof path, LOG "%s.manifest.state", name);
    put(s, path, all.data);
    buf_release(&entries);
    buf_release(&all);
}

/* Two sources, compacted and deleted; a key that is none of anybody's business. */
static void state_open(struct state *s)
{
    static const char *const directories[] = {"2024/01/14/", NULL};
    *s = (struct state){.scope = {BUCKET, "in/", "out/", directories}};
    assert_ok(s3_server_start(&(struct s3_server_options){.region = NULL}, &s->server, NULL), NULL);
    assert_ok(s3_server_make_bucket(s->server, BUCKET, NULL), NULL);
    ledger_init(&s->ledger, s->server, BUCKET);
    ledger_put(&s->ledger, A, "one\n", 4);
    ledger_put(&s->ledger, B, "two\n", 4);
    ledger_put(&s->ledger, "in/2024/01/15/other", "not selected\n", 13);
    put_manifest(s, "g00001", OUTPUT, (const char *const[]){"a", "b", NULL});
    put(s, OUTPUT, "one\ntwo\n");
    put(s, "out/_compaction/config.state", "{}\n");
    put(s, LOG "g00001.sum-0.state", "{}\n");
    put(s, LOG "g00001.verified-read.state", "{}\n");
    put(s, LOG "g00001.done-deleted.state", "{}\n");
    take_away(s, A);
    take_away(s, B);
    checker_report_init(&s->report);
}

static void state_close(struct state *s)
{
    checker_report_release(&s->report);
    ledger_release(&s->ledger);
    s3_server_stop(s->server);
}

/* Judges, and expects `broken` to be reported, or with INVARIANT_COUNT nothing. */
static void expect(struct state *s, enum invariant broken)
{
    checker_judge(s->server, &s->ledger, &s->scope, &s->report);
    const bool any = checker_report_count(&s->report) > 0;
    const bool as_expected = broken == INVARIANT_COUNT ? !any : s->report.broken[broken] > 0;
    if (!as_expected)
        print_error("expected %s, reported: %s\n",
                    broken == INVARIANT_COUNT ? "nothing" : invariant_name(broken),
                    s->report.text.data);
    assert_true(as_expected);
    state_close(s);
}

static void whole_states_are_clean(void **state)
{
    (void)state;
    struct state s;
    state_open(&s);
    expect(&s, INVARIANT_COUNT);
    /* Sources that were kept. */
    state_open(&s);
    put(&s, A, "one\n");
    put(&s, B, "two\n");
    take_away(&s, LOG "g00001.done-deleted.state");
    put(&s, LOG "g00001.done-kept-0.state", "{}\n");
    expect(&s, INVARIANT_COUNT);
    /* A source that the test replaced itself, and a new one in its place. */
    state_open(&s);
    ledger_put(&s.ledger, A, "new\n", 4);
    expect(&s, INVARIANT_COUNT);
    /* A tombstone, and a generation that took its sources. */
    state_open(&s);
    put_manifest(&s, "g00002", "out/2024/01/14/out-2024-01-14-g00002.json",
                 (const char *const[]){"a", "b", NULL});
    put(&s, "out/2024/01/14/out-2024-01-14-g00002.json", "");
    put(&s, LOG "g00002.done-abandoned.state", "{}\n");
    expect(&s, INVARIANT_COUNT);
    /* What the probe leaves when it is killed. */
    state_open(&s);
    put(&s, "out/_compaction/probe-0.state", "scratch\n");
    put(&s, "in/_compaction/probe-0.state", "scratch\n");
    expect(&s, INVARIANT_COUNT);
}

static void lost_bytes_are_seen(void **state)
{
    (void)state;
    struct state s;
    state_open(&s); /* the output is gone, and so are the sources */
    take_away(&s, OUTPUT);
    expect(&s, INVARIANT_BYTES_KEPT);
    state_open(&s); /* a tombstone in its place */
    put(&s, OUTPUT, "");
    expect(&s, INVARIANT_BYTES_KEPT);
    state_open(&s); /* damaged */
    put(&s, OUTPUT, "one\ntwO\n");
    expect(&s, INVARIANT_BYTES_KEPT);
    state_open(&s); /* a newer version was deleted with the old one */
    ledger_put(&s.ledger, A, "newer\n", 6);
    take_away(&s, A);
    expect(&s, INVARIANT_BYTES_KEPT);
    state_open(&s); /* a late object that nobody compacted */
    ledger_put(&s.ledger, "in/2024/01/14/late.json", "late\n", 5);
    take_away(&s, "in/2024/01/14/late.json");
    expect(&s, INVARIANT_BYTES_KEPT);
}

static void a_source_in_two_outputs_is_seen(void **state)
{
    (void)state;
    struct state s;
    state_open(&s);
    put_manifest(&s, "g00002", "out/2024/01/14/out-2024-01-14-g00002.json",
                 (const char *const[]){"b", NULL});
    put(&s, "out/2024/01/14/out-2024-01-14-g00002.json", "two\n");
    put(&s, LOG "g00002.verified-read.state", "{}\n");
    put(&s, LOG "g00002.done-deleted.state", "{}\n");
    expect(&s, INVARIANT_ONE_OUTPUT);
}

static void outputs_that_are_not_as_named_are_seen(void **state)
{
    (void)state;
    struct state s;
    state_open(&s); /* torn */
    put(&s, OUTPUT, "one\ntw");
    expect(&s, INVARIANT_AS_NAMED);
    state_open(&s); /* in another order */
    put(&s, OUTPUT, "two\none\n");
    expect(&s, INVARIANT_AS_NAMED);
    state_open(&s); /* named by nobody */
    put(&s, "out/2024/01/14/out-2024-01-14-g00002.json", "one\n");
    expect(&s, INVARIANT_AS_NAMED);
    state_open(&s); /* abandoned and there */
    take_away(&s, LOG "g00001.done-deleted.state");
    take_away(&s, LOG "g00001.verified-read.state");
    put(&s, LOG "g00001.done-abandoned.state", "{}\n");
    expect(&s, INVARIANT_AS_NAMED);
    state_open(&s); /* a manifest that is cut off */
    put(&s, LOG "g00001.manifest.state", "{\"schema\":\"s3-compact-manifest/1\",\"gener");
    expect(&s, INVARIANT_AS_NAMED);
    state_open(&s); /* one whose entries were exchanged */
    put(&s, LOG "g00001.manifest.state",
        "{\"schema\":\"s3-compact-manifest/1\",\"generation\":1,\"output\":\"" OUTPUT "\","
        "\"sources\":1,\"bytes\":4,\"entries_bytes\":3,\"entries_sha256\":\"00\"}\n{}\n");
    expect(&s, INVARIANT_AS_NAMED);
}

static void unfinished_generations_are_seen(void **state)
{
    (void)state;
    struct state s;
    state_open(&s);
    take_away(&s, LOG "g00001.done-deleted.state");
    expect(&s, INVARIANT_FINISHED);
    state_open(&s); /* deleted without having been read back */
    take_away(&s, LOG "g00001.verified-read.state");
    expect(&s, INVARIANT_FINISHED);
    state_open(&s);
    put(&s, LOG "g00001.done-abandoned.state", "{}\n");
    expect(&s, INVARIANT_FINISHED);
    state_open(&s); /* a gap */
    put_manifest(&s, "g00003", "out/2024/01/14/out-2024-01-14-g00003.json",
                 (const char *const[]){"a", NULL});
    put(&s, "out/2024/01/14/out-2024-01-14-g00003.json", "");
    put(&s, LOG "g00003.done-abandoned.state", "{}\n");
    expect(&s, INVARIANT_FINISHED);
}

static void whatever_else_changed_is_seen(void **state)
{
    (void)state;
    struct state s;
    state_open(&s);
    take_away(&s, "in/2024/01/15/other");
    expect(&s, INVARIANT_NOTHING_ELSE);
    state_open(&s);
    put(&s, "in/2024/01/15/other", "changed\n");
    expect(&s, INVARIANT_NOTHING_ELSE);
    state_open(&s); /* a source that nobody wrote */
    put(&s, A, "invented\n");
    expect(&s, INVARIANT_NOTHING_ELSE);
    state_open(&s);
    put(&s, "somewhere", "else\n");
    expect(&s, INVARIANT_NOTHING_ELSE);
    state_open(&s);
    put(&s, "out/_compaction/scratch", "\n");
    expect(&s, INVARIANT_NOTHING_ELSE);
}

static void plain_outputs_are_judged(void **state)
{
    (void)state;
    static const struct {
        const char *output; /* NULL: none */
        bool may_lack;
        bool gone; /* a source is */
        enum invariant broken;
    } cases[] = {
        {"one\ntwo\n", false, false, INVARIANT_COUNT},
        {NULL, true, false, INVARIANT_COUNT},
        {NULL, false, false, INVARIANT_AS_NAMED},
        {"one\n", true, false, INVARIANT_AS_NAMED},
        {"one\ntwo\none\n", false, false, INVARIANT_AS_NAMED},
        {"one\ntwo\n", false, true, INVARIANT_BYTES_KEPT},
    };
    static const char *const directories[] = {"2024/01/14/", NULL};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct state s = {.scope = {BUCKET, "in/", "out/", directories}};
        assert_ok(s3_server_start(&(struct s3_server_options){.region = NULL}, &s.server, NULL),
                  NULL);
        assert_ok(s3_server_make_bucket(s.server, BUCKET, NULL), NULL);
        ledger_init(&s.ledger, s.server, BUCKET);
        ledger_put(&s.ledger, A, "one\n", 4);
        ledger_put(&s.ledger, B, "two\n", 4);
        if (cases[i].output != NULL)
            put(&s, "out/2024/01/14/out-2024-01-14.json", cases[i].output);
        if (cases[i].gone)
            take_away(&s, A);
        checker_report_init(&s.report);
        checker_judge_plain(s.server, &s.ledger, &s.scope, cases[i].may_lack, &s.report);
        if (cases[i].broken == INVARIANT_COUNT)
            assert_int_equal(checker_report_count(&s.report), 0);
        else
            assert_true(s.report.broken[cases[i].broken] > 0);
        state_close(&s);
    }
}

static void changes_between_snapshots_are_seen(void **state)
{
    (void)state;
    struct state s;
    struct buf before, same, changed;
    buf_init(&before, 1u << 16);
    buf_init(&same, 1u << 16);
    buf_init(&changed, 1u << 16);
    state_open(&s);
    checker_snapshot(s.server, &s.scope, &before);
    put(&s, "out/_compaction/probe-1.state", "scratch\n");
    checker_snapshot(s.server, &s.scope, &same);
    checker_compare(&before, &same, &s.report);
    assert_int_equal(checker_report_count(&s.report), 0);
    put(&s, OUTPUT, "one\ntwo\none\n");
    checker_snapshot(s.server, &s.scope, &changed);
    checker_compare(&before, &changed, &s.report);
    assert_int_equal(s.report.broken[INVARIANT_CONVERGES], 2); /* one new, one gone */
    buf_release(&before);
    buf_release(&same);
    buf_release(&changed);
    state_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_states_are_clean),
        cmocka_unit_test(lost_bytes_are_seen),
        cmocka_unit_test(a_source_in_two_outputs_is_seen),
        cmocka_unit_test(outputs_that_are_not_as_named_are_seen),
        cmocka_unit_test(unfinished_generations_are_seen),
        cmocka_unit_test(whatever_else_changed_is_seen),
        cmocka_unit_test(plain_outputs_are_judged),
        cmocka_unit_test(changes_between_snapshots_are_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
