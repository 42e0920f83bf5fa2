/* SPDX-License-Identifier: MIT */
/* Fault rules: what is read and refused, and which rule fires for which request, as tables. */
#include <stdlib.h>

#include "bench/server/fault_rules.h"
#include "lib/base/rng.h"
#include "tests/support/unit.h"

static struct fault_rules *parse(const char *text)
{
    struct fault_rules *rules = NULL;
    struct error err;
    assert_ok(fault_rules_parse(text, strlen(text), &rules, &err), &err);
    return rules;
}

/* Globs */

static void globs_match_whole_texts(void **state)
{
    (void)state;
    static const struct {
        const char *glob, *text;
        bool matches;
    } cases[] = {
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"*", "a/b/c", true},
        {"a?c", "abc", true},
        {"a?c", "ac", false},
        {"a*", "b", false},
        {"*.gz", "2024/01/x.gz", true},
        {"*.gz", "2024/01/x.gz2", false},
        {"a*b*c", "a-b-b-c", true},
        {"a*b*c", "a-b-b", false},
        {"\\*", "*", true},
        {"\\*", "x", false},
        {"a\\?", "a?", true},
        {"a\\", "a\\", true}, /* nothing to escape: itself */
        {"*\\**", "x*y", true},
        {"*\\**", "xy", false},
        {"[a]", "a", false}, /* no classes */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (fault_glob_matches(cases[i].glob, cases[i].text) != cases[i].matches)
            fail_msg("glob \"%s\" and \"%s\"", cases[i].glob, cases[i].text);
}

static void a_hostile_glob_takes_no_age(void **state)
{
    (void)state;
    char text[1025], glob[1025];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (size_t i = 0; i < sizeof glob - 1; i += 2)
        memcpy(glob + i, "*a", 2);
    glob[sizeof glob - 2] = 'b';
    glob[sizeof glob - 1] = '\0';
    assert_false(fault_glob_matches(glob, text)); /* ctest's time-out bounds this */
}

/* Reading */

static void every_field_is_read(void **state)
{
    (void)state;
    struct fault_rules *rules =
        parse("{\"faults\": ["
              "{\"name\": \"first\","
              " \"when\": {\"operation\": \"Get*\", \"bucket\": \"b\", \"key\": \"k/*\","
              "  \"access_key\": \"AKIA*\", \"attempt\": 2, \"part_number\": 3, \"nth\": 4,"
              "  \"times\": 5, \"probability\": 0.5},"
              " \"then\": {\"status\": 503, \"code\": \"SlowDown\", \"message\": \"later\","
              "  \"retry_after_s\": 2, \"applied\": true, \"leading_space\": 7,"
              "  \"delay_ms\": 8, \"reply_delay_ms\": 9}},"
              "{\"then\": {\"hold\": \"for_requests\", \"hold_requests\": 3, \"hold_max_ms\": 10}},"
              "{\"then\": {\"truncate_at\": 1, \"shorten_to\": 2, \"stall_at\": 3,"
              "  \"bytes_per_s\": 4, \"corrupt_reply_byte\": 5, \"corrupt_stored_byte\": 6,"
              "  \"close_idle\": true, \"listing\": \"repeated\", \"page_keys\": 7,"
              "  \"source\": \"removed\"}},"
              "{\"then\": {\"clock_skew_s\": -1000}}]}");
    assert_int_equal(fault_rules_count(rules), 4);
    const struct fault_rule *r = fault_rules_at(rules, 0);
    assert_string_equal(r->label, "first");
    assert_string_equal(r->when.operation, "Get*");
    assert_string_equal(r->when.key, "k/*");
    assert_string_equal(r->when.access_key, "AKIA*");
    assert_int_equal(r->when.attempt, 2);
    assert_int_equal(r->when.part_number, 3);
    assert_int_equal(r->when.nth, 4);
    assert_int_equal(r->when.times, 5);
    assert_true(r->when.probability == 0.5);
    assert_int_equal(r->then.status, 503);
    assert_string_equal(r->then.message, "later");
    assert_int_equal(r->then.retry_after_s, 2);
    assert_true(r->then.applied);
    assert_int_equal(r->then.leading_space, 7);
    assert_int_equal(r->then.delay_ms, 8);
    assert_int_equal(r->then.reply_delay_ms, 9);
    assert_false(r->early);
    r = fault_rules_at(rules, 1);
    assert_string_equal(r->label, "rule 2");
    assert_int_equal(r->then.hold, FAULT_HOLD_FOR_REQUESTS);
    assert_int_equal(r->then.hold_requests, 3);
    assert_int_equal(r->then.hold_max_ms, 10);
    assert_int_equal(r->then.truncate_at, UINT64_MAX);
    r = fault_rules_at(rules, 2);
    assert_int_equal(r->then.truncate_at, 1);
    assert_int_equal(r->then.shorten_to, 2);
    assert_int_equal(r->then.stall_at, 3);
    assert_int_equal(r->then.bytes_per_s, 4);
    assert_int_equal(r->then.corrupt_reply_byte, 5);
    assert_int_equal(r->then.corrupt_stored_byte, 6);
    assert_true(r->then.close_idle);
    assert_int_equal(r->then.listing, FAULT_LISTING_REPEATED);
    assert_int_equal(r->then.page_keys, 7);
    assert_int_equal(r->then.source, FAULT_SOURCE_REMOVED);
    assert_true(fault_rules_at(rules, 3)->early);
    assert_int_equal(fault_rules_at(rules, 3)->then.clock_skew_s, -1000);
    assert_null(fault_rules_at(rules, 4));
    fault_rules_free(rules);
}

static void a_status_has_its_usual_code(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *code;
    } cases[] = {{200, "InternalError"}, {500, "InternalError"},      {503, "SlowDown"},
                 {403, "AccessDenied"},  {412, "PreconditionFailed"}, {404, "NoSuchKey"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[80];
        snprintf(text, sizeof text, "{\"faults\":[{\"then\":{\"status\":%d}}]}", cases[i].status);
        struct fault_rules *rules = parse(text);
        assert_string_equal(fault_rules_at(rules, 0)->then.code, cases[i].code);
        fault_rules_free(rules);
    }
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
#define RULE(text) "{\"faults\":[{\"then\":{\"status\":500}}," text "]}"
#define THEN(text) RULE("{\"then\":{" text "}}")
#define WHEN(text) RULE("{\"when\":{" text "},\"then\":{\"status\":500}}")
    static const struct {
        const char *text, *says[3];
    } cases[] = {
        {"", {"not JSON", "line 1"}},
        {"{\"faults\":[\n{\"then\" 1}]}", {"not JSON", "line 2"}},
        {"[]", {"the document must be an object"}},
        {"{}", {"\"faults\" must be there"}},
        {"{\"faults\":{}}", {"\"faults\" must be there"}},
        {"{\"faults\":[],\"seed\":1}", {"unknown field \"seed\"", "allowed: faults"}},
        {RULE("7"), {"rule 2 must be an object"}},
        {RULE("{}"), {"rule 2", "\"then\" is missing"}},
        {RULE("{\"when\":{},\"then\":{},\"whem\":{}}"), {"rule 2", "unknown field \"whem\""}},
        {RULE("{\"name\":\"\",\"then\":{\"status\":500}}"), {"rule 2", "\"name\"", "1 to 64"}},
        {RULE("{\"then\":7}"), {"rule 2", "\"then\" must be an object"}},
        {THEN(""), {"rule 2: then", "does nothing"}},
        {THEN("\"status\":99"), {"rule 2: then", "\"status\"", "200 to 599"}},
        {THEN("\"status\":\"503\""), {"rule 2: then", "\"status\"", "whole number"}},
        {"{\"a\\nb\":1}", {"unknown field \"a?b\""}}, /* one line, whatever is in the file */
        {THEN("\"status\":418"), {"rule 2: then", "\"code\" is needed with status 418"}},
        {THEN("\"status\":500,\"status\":501"), {"not JSON", "duplicate"}},
        {THEN("\"code\":\"SlowDown\""),
         {"rule 2: then", "\"code\" is only allowed with \"status\""}},
        {THEN("\"hold_requests\":3"), {"rule 2: then", "\"hold_requests\"", "\"hold\""}},
        {THEN("\"hold\":\"for_requests\""), {"rule 2: then", "\"hold_requests\" goes with"}},
        {THEN("\"hold\":\"ever\""), {"rule 2: then", "\"hold\" must be one of: until_gone, for_"}},
        {THEN("\"reset\":\"midway\""), {"rule 2: then", "\"reset\"", "before_reading, before_a"}},
        {THEN("\"status\":500,\"reset\":\"after_applying\""), {"rule 2: then", "only one of"}},
        {THEN("\"clock_skew_s\":0"), {"rule 2: then", "\"clock_skew_s\""}},
        {THEN("\"clock_skew_s\":5,\"delay_ms\":1"), {"rule 2: then", "must stand alone"}},
        {THEN("\"delay_ms\":-1"), {"rule 2: then", "\"delay_ms\"", "0 to 600000"}},
        {THEN("\"close_idle\":1"), {"rule 2: then", "\"close_idle\"", "true or false"}},
        {THEN("\"trickle\":5"), {"rule 2: then", "unknown field \"trickle\"", "bytes_per_s"}},
        {WHEN("\"operation\":\"GetObjects\""), {"rule 2: when", "\"operation\"", "\"GetObjects\""}},
        {WHEN("\"nth\":0"), {"rule 2: when", "\"nth\""}},
        {WHEN("\"nth\":1,\"every\":2"), {"rule 2: when", "\"nth\" and \"every\""}},
        {WHEN("\"probability\":1.5"), {"rule 2: when", "\"probability\"", "0 to 1"}},
        {WHEN("\"key\":[]"), {"rule 2: when", "\"key\"", "text"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fault_rules *rules = NULL;
        struct error err = {.text = ""};
        assert_int_equal(fault_rules_parse(cases[i].text, strlen(cases[i].text), &rules, &err),
                         STATUS_INVALID);
        assert_null(rules);
        assert_null(strchr(err.text, '\n'));
        for (size_t j = 0; j < 3 && cases[i].says[j] != NULL; j++)
            if (strstr(err.text, cases[i].says[j]) == NULL)
                fail_msg("%s\n  says: %s\n  not: %s", cases[i].text, err.text, cases[i].says[j]);
    }
}

/* One byte to a few changed, taken out or doubled, with a liking for what JSON is made of. */
static size_t mutate(struct rng *rng, const char *seed, char *out, size_t room)
{
    static const char liked[] = "{}[]\",:0123456789-eE.\\tfn*?\x80\xff";
    size_t len = strlen(seed);
    assert_true(len + 8 < room);
    memcpy(out, seed, len);
    for (uint64_t n = 1 + rng_below(rng, 4); n > 0 && len > 1; n--) {
        const size_t at = (size_t)rng_below(rng, len - 1);
        switch (rng_below(rng, 4)) {
        case 0:
            memmove(out + at, out + at + 1, --len - at);
            break;
        case 1:
            memmove(out + at + 1, out + at, len++ - at);
            break;
        case 2:
            len = at + 1;
            break;
        default:
            out[at] = liked[rng_below(rng, sizeof liked - 1)];
        }
    }
    return len;
}

static void mutated_files_are_read_or_refused(void **state)
{
    (void)state;
    static const char seed[] =
        "{\"faults\":[{\"name\":\"a\",\"when\":{\"operation\":\"Get*\",\"key\":\"k\\\\*?\","
        "\"every\":2,\"probability\":0.5},\"then\":{\"status\":503,\"retry_after_s\":2,"
        "\"body\":\"\\u00e9\"}},{\"then\":{\"hold\":\"for_requests\",\"hold_requests\":3}},"
        "{\"then\":{\"clock_skew_s\":-5}}]}";
    static const struct fault_subject subject = {.operation = "GetObject",
                                                 .bucket = "b",
                                                 .key = "k*1",
                                                 .access_key_id = "",
                                                 .attempt = 1,
                                                 .identity = ""};
    struct rng rng;
    size_t good = 0;
    rng_seed(&rng, 1);
    for (int i = 0; i < 20000; i++) {
        char text[sizeof seed + 16];
        struct fault_rules *rules = NULL;
        struct fault_count counts[3] = {{0, 0}};
        struct error err = {.text = ""};
        const size_t len = mutate(&rng, seed, text, sizeof text);
        if (fault_rules_parse(text, len, &rules, &err) != STATUS_OK) {
            assert_true(err.text[0] != '\0' && strchr(err.text, '\n') == NULL);
            continue;
        }
        assert_true(fault_rules_count(rules) <= 3);
        (void)fault_rules_match(rules, counts, &subject, FAULT_PASS_MAIN);
        fault_rules_free(rules);
        good++;
    }
    assert_in_range(good, 100, 19000); /* neither all too wild nor all too tame */
}

/* Matching */

static const struct fault_subject get = {.operation = "GetObject",
                                         .bucket = "bucket",
                                         .key = "logs/a.gz",
                                         .access_key_id = "AKIAFIRST",
                                         .attempt = 1,
                                         .seed = 1,
                                         .identity = "logs/a.gz",
                                         .identity_len = 9};

/* The rules that fire for `count` equal requests, as "1.1" for rule 1, none, rule 1. */
static void expect_fired(const char *text, const struct fault_subject *subject, size_t count,
                         const char *expected)
{
    struct fault_rules *rules = parse(text);
    struct fault_count *counts = calloc(fault_rules_count(rules), sizeof *counts);
    char fired[64] = "";
    assert_non_null(counts);
    assert_true(count < sizeof fired);
    for (size_t i = 0; i < count; i++) {
        const struct fault_rule *rule = fault_rules_match(rules, counts, subject, FAULT_PASS_MAIN);
        fired[i] = rule == NULL ? '.' : (char)('0' + rule->number);
    }
    if (strcmp(fired, expected) != 0)
        fail_msg("%s fired %s instead of %s", text, fired, expected);
    free(counts);
    fault_rules_free(rules);
}

#define ONE(when) "{\"faults\":[{\"when\":{" when "},\"then\":{\"status\":500}}]}"
#define TWO(when, and)                                                                             \
    "{\"faults\":[{\"when\":{" when "},\"then\":{\"status\":500}},"                                \
    "{\"when\":{" and                                                                              \
        "},\"then\":{\"status\":503}}]}"

static void selectors_select(void **state)
{
    (void)state;
    static const struct {
        const char *rules, *fired;
    } cases[] = {
        {ONE(""), "1111"},
        {ONE("\"operation\":\"GetObject\""), "1111"},
        {ONE("\"operation\":\"*Object\""), "1111"},
        {ONE("\"operation\":\"PutObject\""), "...."},
        {ONE("\"bucket\":\"buck*\""), "1111"},
        {ONE("\"bucket\":\"other\""), "...."},
        {ONE("\"key\":\"*.gz\""), "1111"},
        {ONE("\"key\":\"*.json\""), "...."},
        {ONE("\"access_key\":\"AKIAFIRST\""), "1111"},
        {ONE("\"access_key\":\"AKIASECOND\""), "...."},
        {ONE("\"attempt\":1"), "1111"},
        {ONE("\"attempt\":2"), "...."},
        {ONE("\"part_number\":1"), "...."},
        {ONE("\"nth\":2"), ".1.."},
        {ONE("\"every\":2"), ".1.1"},
        {ONE("\"times\":2"), "11.."},
        {ONE("\"every\":2,\"times\":1"), ".1.."},
        {ONE("\"probability\":0"), "...."},
        {ONE("\"probability\":1"), "1111"},
        {TWO("\"nth\":2", "\"times\":3"), "2122"}, /* the first that fires */
        {TWO("\"times\":1", "\"nth\":2"), "12.."}, /* each counts what it selects */
        {TWO("\"nth\":1", "\"key\":\"x\""), "1..."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_fired(cases[i].rules, &get, 4, cases[i].fired);
    expect_fired("{\"faults\":[{\"then\":{\"expire_token\":true}}]}", &get, 2, "..");
    struct fault_subject with_token = get;
    with_token.has_token = true;
    expect_fired("{\"faults\":[{\"then\":{\"expire_token\":true}}]}", &with_token, 2, "11");
}

static void rules_that_move_the_clock_are_met_early(void **state)
{
    (void)state;
    struct fault_rules *rules = parse("{\"faults\":[{\"then\":{\"clock_skew_s\":5}},"
                                      "{\"then\":{\"status\":500}}]}");
    struct fault_count counts[2] = {{0, 0}};
    assert_int_equal(fault_rules_match(rules, counts, &get, FAULT_PASS_EARLY)->number, 1);
    assert_int_equal(fault_rules_match(rules, counts, &get, FAULT_PASS_MAIN)->number, 2);
    assert_int_equal(counts[0].seen, 1);
    assert_int_equal(counts[1].seen, 1);
    fault_rules_free(rules);
}

/* Which of 1,000 keys a rule with a probability fires for; returns how many. */
static size_t draw(const char *text, uint64_t seed, unsigned attempt, bool backwards,
                   bool fired[1000])
{
    struct fault_rules *rules = parse(text);
    struct fault_count count = {0, 0};
    size_t hits = 0;
    for (unsigned i = 0; i < 1000; i++) {
        char key[16];
        const unsigned n = backwards ? 999 - i : i;
        struct fault_subject subject = get;
        subject.seed = seed;
        subject.attempt = attempt;
        subject.identity = key;
        subject.identity_len = (size_t)snprintf(key, sizeof key, "key-%u", n);
        fired[n] = fault_rules_match(rules, &count, &subject, FAULT_PASS_MAIN) != NULL;
        hits += fired[n];
    }
    fault_rules_free(rules);
    return hits;
}

static void probabilities_are_drawn_by_what_is_asked(void **state)
{
    (void)state;
    static const char text[] = ONE("\"probability\":0.1");
    bool first[1000], again[1000];
    const size_t hits = draw(text, 1, 1, false, first);
    assert_in_range(hits, 70, 130); /* three standard deviations of 100 */
    draw(text, 1, 1, true, again);  /* in another order */
    assert_memory_equal(first, again, sizeof first);
    draw(text, 2, 1, false, again);
    assert_memory_not_equal(first, again, sizeof first);
    draw(text, 1, 2, false, again); /* a second attempt is not doomed */
    assert_memory_not_equal(first, again, sizeof first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(globs_match_whole_texts),
        cmocka_unit_test(a_hostile_glob_takes_no_age),
        cmocka_unit_test(every_field_is_read),
        cmocka_unit_test(a_status_has_its_usual_code),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(mutated_files_are_read_or_refused),
        cmocka_unit_test(selectors_select),
        cmocka_unit_test(rules_that_move_the_clock_are_met_early),
        cmocka_unit_test(probabilities_are_drawn_by_what_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
