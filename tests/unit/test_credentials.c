/* SPDX-License-Identifier: MIT */
/* Credentials: the chain, real profile files, and real credential_process commands. */
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/s3/credentials.h"
#include "lib/s3/credentials_provider.h"

#define NOW         1700000000 /* 2023-11-14T22:13:20Z */
#define VARIABLES   8
#define LONG_TOKEN  4096
#define COMMAND_MAX 512

/* A home directory of its own for every test, and an environment that is only what it says. */
struct world {
    char home[64];
    char config[128];
    char credentials[128];
    char script[128];
    const char *variables[VARIABLES][2];
    struct clock_fake clock;
};

static const char *look_up(void *ctx, const char *name)
{
    const struct world *w = ctx;
    for (int i = 0; i < VARIABLES && w->variables[i][0]; i++) {
        if (strcmp(w->variables[i][0], name) == 0)
            return w->variables[i][1];
    }
    return NULL;
}

static void set(struct world *w, const char *name, const char *value)
{
    int i = 0;
    while (w->variables[i][0] && strcmp(w->variables[i][0], name) != 0)
        i++;
    assert_true(i < VARIABLES);
    w->variables[i][0] = name;
    w->variables[i][1] = value;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int world_make(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    snprintf(w->home, sizeof w->home, "/tmp/kit-credentials-XXXXXX");
    assert_non_null(mkdtemp(w->home));
    char directory[96];
    snprintf(directory, sizeof directory, "%s/.aws", w->home);
    assert_int_equal(mkdir(directory, 0700), 0);
    snprintf(w->config, sizeof w->config, "%s/config", directory);
    snprintf(w->credentials, sizeof w->credentials, "%s/credentials", directory);
    snprintf(w->script, sizeof w->script, "%s/get keys", w->home);
    set(w, "HOME", w->home);
    clock_fake_init(&w->clock, NOW);
    *state = w;
    return 0;
}

static int world_remove(void **state)
{
    struct world *w = *state;
    char path[160];
    unlink(w->config);
    unlink(w->credentials);
    unlink(w->script);
    snprintf(path, sizeof path, "%s/count", w->home);
    unlink(path);
    snprintf(path, sizeof path, "%s/.aws", w->home);
    rmdir(path);
    int failed = rmdir(w->home);
    free(w);
    return failed;
}

static struct s3_credentials_options options_of(struct world *w, const char *profile)
{
    return (struct s3_credentials_options){
        .profile = profile, .env = look_up, .env_ctx = w, .clock = &w->clock.clock};
}

static void credentials_are(struct world *w, const char *profile, const char *provider,
                            const char *key_id, const char *secret, const char *token)
{
    struct s3_credentials_options options = options_of(w, profile);
    struct s3_credentials_source *source;
    const struct s3_credentials *c;
    struct error err;
    assert_ok(s3_credentials_source_new(&options, &source, &err), &err);
    assert_ok(s3_credentials_get(source, &c, &err), &err);
    assert_string_equal(c->access_key_id, key_id);
    assert_string_equal(c->secret_access_key, secret);
    assert_string_equal(c->session_token, token);
    assert_string_equal(s3_credentials_provider_name(source), provider);
    s3_credentials_source_free(source);
}

static void credentials_refused(struct world *w, const char *profile, const char *says)
{
    struct s3_credentials_options options = options_of(w, profile);
    struct s3_credentials_source *source = NULL;
    struct error err = {.text = ""};
    assert_status(STATUS_DENIED, s3_credentials_source_new(&options, &source, &err), &err);
    assert_null(source);
    if (!strstr(err.text, says))
        print_error("no '%s' in: %s\n", says, err.text);
    assert_non_null(strstr(err.text, says));
    assert_null(strstr(err.text, "hush"));
}

static void test_nothing_found(void **state)
{
    credentials_refused(*state, NULL, "no credentials found");
    credentials_refused(*state, NULL, "--no-sign-request");
    credentials_refused(*state, "other", "no profile 'other'");
    set(*state, "AWS_PROFILE", "third");
    credentials_refused(*state, NULL, "no profile 'third'");
}

static void test_no_sign(void **state)
{
    struct s3_credentials_options options = options_of(*state, NULL);
    struct s3_credentials_source *source;
    const struct s3_credentials *c = (const struct s3_credentials *)&options;
    struct error err;
    options.no_sign = true;
    assert_ok(s3_credentials_source_new(&options, &source, &err), &err);
    assert_ok(s3_credentials_get(source, &c, &err), &err);
    assert_null(c);
    assert_string_equal(s3_credentials_provider_name(source), "none");
    s3_credentials_source_free(source);
}

static void test_environment(void **state)
{
    struct world *w = *state;
    set(w, "AWS_ACCESS_KEY_ID", "AK");
    credentials_refused(w, NULL, "without its secret");
    set(w, "AWS_SECRET_ACCESS_KEY", "hush");
    credentials_are(w, NULL, "environment", "AK", "hush", "");
    set(w, "AWS_SESSION_TOKEN", "T/+=");
    credentials_are(w, NULL, "environment", "AK", "hush", "T/+=");
    set(w, "AWS_ACCESS_KEY_ID", "");
    credentials_refused(w, NULL, "without its key id");
    set(w, "AWS_ACCESS_KEY_ID", "A\nK");
    credentials_refused(w, NULL, "too long or has blanks");
}

static void test_environment_goes_before_profiles_unless_one_is_named(void **state)
{
    struct world *w = *state;
    write_file(w->credentials, "[default]\naws_access_key_id=FILE\naws_secret_access_key=hush\n"
                               "[b]\naws_access_key_id=B\naws_secret_access_key=hush\n");
    set(w, "AWS_ACCESS_KEY_ID", "ENV");
    set(w, "AWS_SECRET_ACCESS_KEY", "hush");
    credentials_are(w, NULL, "environment", "ENV", "hush", "");
    set(w, "AWS_PROFILE", "b");
    credentials_are(w, NULL, "environment", "ENV", "hush", "");
    credentials_are(w, "b", "profile", "B", "hush", "");
}

static void test_profiles(void **state)
{
    struct world *w = *state;
    write_file(w->credentials, "\xef\xbb\xbf# a comment\r\n"
                               "[default]\r\n"
                               "aws_access_key_id = D\r\n"
                               "aws_secret_access_key =  hush/+= \r\n"
                               "; aws_session_token = no\r\n"
                               "\r\n"
                               "[both]\naws_access_key_id=C1\naws_secret_access_key=C2\n"
                               "s3 =\n  aws_access_key_id = nested\n"
                               "[half]\naws_access_key_id=H\n"
                               "[profile odd]\naws_access_key_id=X\naws_secret_access_key=Y\n");
    write_file(w->config, "[default]\nregion = eu-west-1\n"
                          "[profile both]\naws_access_key_id=F1\naws_secret_access_key=F2\n"
                          "aws_session_token=FT\nregion=us-west-2\n"
                          "[profile  only]\naws_access_key_id=O1\naws_secret_access_key=O2\n"
                          "aws_session_token=O3\n"
                          "[profile \"with space\"]\naws_access_key_id=S1\n"
                          "aws_secret_access_key=S2\n"
                          "[bare]\naws_access_key_id=X\naws_secret_access_key=Y\n"
                          "[profile empty]\noutput=json\n");
    credentials_are(w, NULL, "profile", "D", "hush/+=", "");
    credentials_are(w, "both", "profile", "C1", "C2", ""); /* never a token of another file */
    credentials_are(w, "only", "profile", "O1", "O2", "O3");
    credentials_are(w, "with space", "profile", "S1", "S2", "");
    credentials_refused(w, "half", "without its secret");
    credentials_refused(w, "bare", "no profile 'bare'");
    credentials_refused(w, "odd", "no profile 'odd'");
    credentials_refused(w, "empty", "has no credentials");
    set(w, "AWS_PROFILE", "only");
    credentials_are(w, NULL, "profile", "O1", "O2", "O3");
}

static void test_files_elsewhere(void **state)
{
    struct world *w = *state;
    write_file(w->credentials, "[default]\naws_access_key_id=A\naws_secret_access_key=S\n");
    set(w, "HOME", "/nonexistent");
    credentials_refused(w, NULL, "no credentials found");
    set(w, "AWS_SHARED_CREDENTIALS_FILE", w->credentials);
    credentials_are(w, NULL, "profile", "A", "S", "");
    set(w, "HOME", w->home);
    set(w, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials");
    credentials_are(w, NULL, "profile", "A", "S", "");
}

static void test_a_long_session_token(void **state)
{
    struct world *w = *state;
    static char text[LONG_TOKEN + 256];
    static char token[LONG_TOKEN + 2];
    memset(token, 't', LONG_TOKEN);
    snprintf(text, sizeof text,
             "[default]\naws_access_key_id=A\naws_secret_access_key=S\naws_session_token=%s\n",
             token);
    write_file(w->credentials, text);
    credentials_are(w, NULL, "profile", "A", "S", token);
    token[LONG_TOKEN] = 't';
    snprintf(text, sizeof text,
             "[default]\naws_access_key_id=A\naws_secret_access_key=hush\naws_session_token=%s\n",
             token);
    write_file(w->credentials, text);
    credentials_refused(w, NULL, "too long");
}

static void test_roles_and_sso_are_refused_with_what_helps(void **state)
{
    struct world *w = *state;
    write_file(w->config, "[profile role]\nrole_arn=arn:aws:iam::1:role/x\nsource_profile=d\n"
                          "aws_access_key_id=A\naws_secret_access_key=hush\n"
                          "[profile sso]\nsso_session=corp\n"
                          "[default]\nsso_start_url=https://x\n");
    credentials_refused(w, "role",
                        "eval \"$(aws configure export-credentials --profile role --format env)\"");
    credentials_refused(w, "role", "leave --profile away");
    credentials_refused(w, "sso",
                        "eval \"$(aws configure export-credentials --profile sso --format env)\"");
    credentials_refused(w, NULL, "--profile default --format env)\"");
}

static void test_region(void **state)
{
    struct world *w = *state;
    struct s3_credentials_options options = options_of(w, "b");
    struct error err;
    char region[64] = "kept";
    assert_ok(s3_profile_region(&options, region, &err), &err);
    assert_string_equal(region, "");
    write_file(w->config, "[profile b]\nregion = eu-central-1\nrole_arn = x\n");
    assert_ok(s3_profile_region(&options, region, &err), &err);
    assert_string_equal(region, "eu-central-1");
}

/* Installs a script as the default profile's credential_process. */
static void script_install(struct world *w, const char *body)
{
    char text[COMMAND_MAX];
    snprintf(text, sizeof text, "#!/bin/sh\n%s\n", body);
    write_file(w->script, text);
    assert_int_equal(chmod(w->script, 0700), 0);
    snprintf(text, sizeof text, "[default]\ncredential_process = \"%s\" --for 'a b'\n", w->script);
    write_file(w->config, text);
}

static void test_process(void **state)
{
    struct world *w = *state;
    script_install(w,
                   "[ \"$1\" = --for ] && [ \"$2\" = 'a b' ] && [ $# = 2 ] && echo '{\"Version\": "
                   "1, \"AccessKeyId\": \"P\", \"SecretAccessKey\": \"hush\", "
                   "\"SessionToken\": \"T\"}'");
    credentials_are(w, NULL, "profile", "P", "hush", "T");
    write_file(w->credentials, "[default]\naws_access_key_id=C\naws_secret_access_key=S\n");
    credentials_are(w, NULL, "profile", "C", "S", ""); /* static keys go first */
}

static void test_process_that_fails(void **state)
{
    static const char *const table[][2] = {
        {"exit 3", "exit status 3"},
        {"kill -9 $$", "signal 9"},
        {"echo hush", "Version"},
        {"echo '{\"Version\":2,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"hush\"}'", "Version"},
        {"echo '{\"Version\":1,\"AccessKeyId\":\"A\"}'", "without its secret"},
        {"echo '{\"Version\":1,\"SecretAccessKey\":\"hush\"}'", "without its key id"},
        {"echo '{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"hush\",\"Expiration\":"
         "\"soon\"}'",
         "Expiration"},
        {"yes hush", "more than"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        script_install(*state, table[i][0]);
        credentials_refused(*state, NULL, table[i][1]);
    }
    struct world *w = *state;
    write_file(w->config, "[default]\ncredential_process = /nonexistent/program\n");
    credentials_refused(w, NULL, "cannot run '/nonexistent/program'");
}

static void test_process_that_hangs_is_ended(void **state)
{
    (void)state;
    struct s3_credentials c;
    struct error err;
    /* One that says nothing, and one that closes its output and stays. */
    static const char *const commands[] = {"sleep 1000", "sh -c 'exec >&-; exec sleep 1000'"};
    for (size_t i = 0; i < 2; i++) {
        assert_status(STATUS_DENIED,
                      s3_process_credentials(commands[i], 50, clock_system(), &c, &err), &err);
        assert_non_null(strstr(err.text, "did not end within"));
    }
}

static void count_is(const struct world *w, long expected)
{
    char path[160];
    struct stat about;
    snprintf(path, sizeof path, "%s/count", w->home);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_size, expected);
}

/* Every run of the script leaves a byte, so that runs can be counted. */
static void test_process_is_asked_again_before_expiry(void **state)
{
    struct world *w = *state;
    char script[COMMAND_MAX];
    struct s3_credentials_source *source;
    const struct s3_credentials *c;
    struct error err;
    /* One hour from now, as the AWS CLI writes it, in a zone two hours ahead. */
    snprintf(script, sizeof script,
             "printf x >> '%s/count'; echo '{\"Version\":1,\"AccessKeyId\":\"P\","
             "\"SecretAccessKey\":\"S\",\"Expiration\":\"2023-11-15T01:13:20+02:00\"}'",
             w->home);
    script_install(w, script);
    struct s3_credentials_options options = options_of(w, NULL);
    assert_ok(s3_credentials_source_new(&options, &source, &err), &err);
    assert_ok(s3_credentials_get(source, &c, &err), &err);
    assert_int_equal(c->expires_unix_s, NOW + 3600);
    clock_fake_advance_ms(&w->clock, 2999 * 1000); /* ten minutes and a second are left */
    assert_ok(s3_credentials_get(source, &c, &err), &err);
    count_is(w, 1);
    clock_fake_advance_ms(&w->clock, 1000);
    assert_ok(s3_credentials_get(source, &c, &err), &err);
    count_is(w, 2);
    assert_ok(s3_credentials_get(source, &c, &err), &err); /* not on every request */
    count_is(w, 2);

    script_install(w, "exit 1");
    clock_fake_advance_ms(&w->clock, 60 * 1000);
    assert_ok(s3_credentials_get(source, &c, &err), &err); /* the old ones still work */
    assert_string_equal(c->access_key_id, "P");
    s3_credentials_expire(source);
    assert_status(STATUS_DENIED, s3_credentials_get(source, &c, &err), &err);
    s3_credentials_source_free(source);
}

static void test_command_split(void **state)
{
    (void)state;
    static const struct {
        const char *command;
        const char *words; /* joined with '|' */
    } good[] = {
        {"a", "a"},
        {"  a  b\tc ", "a|b|c"},
        {"'a b' \"c d\"", "a b|c d"},
        {"a\\ b c\\\"d", "a b|c\"d"},
        {"\"a\\\"b\\\\c\\d\" '\\'", "a\"b\\c\\d|\\"},
        {"a''b '' \"\" c", "ab|||c"},
        {"$HOME `x` *", "$HOME|`x`|*"},
    };
    static const char *const bad[] = {"", "   ", "'a", "\"a", "a\\", "a \"b\\"};
    char storage[256];
    char *words[COMMAND_WORDS_MAX + 1];
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        char joined[256] = "";
        struct error err;
        size_t n = 0;
        assert_ok(s3_command_split(good[i].command, storage, words, &err), &err);
        for (size_t k = 0; words[k]; k++)
            n += (size_t)snprintf(joined + n, sizeof joined - n, "%s%s", k ? "|" : "", words[k]);
        assert_string_equal(joined, good[i].words);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(s3_command_split(bad[i], storage, words, NULL), STATUS_INVALID);
    char many[2 * (COMMAND_WORDS_MAX + 1) + 1] = "";
    for (size_t i = 0; i <= COMMAND_WORDS_MAX; i++)
        memcpy(many + 2 * i, "a ", 3);
    assert_int_equal(s3_command_split(many, storage, words, NULL), STATUS_INVALID);
}

static void test_release_wipes(void **state)
{
    (void)state;
    static const struct s3_credentials zero;
    struct s3_credentials c = {.secret_access_key = "hush", .session_token = "hush"};
    s3_credentials_release(&c);
    assert_memory_equal(&c, &zero, sizeof c);
}

#define WORLD_TEST(test) cmocka_unit_test_setup_teardown(test, world_make, world_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_nothing_found),
        WORLD_TEST(test_no_sign),
        WORLD_TEST(test_environment),
        WORLD_TEST(test_environment_goes_before_profiles_unless_one_is_named),
        WORLD_TEST(test_profiles),
        WORLD_TEST(test_files_elsewhere),
        WORLD_TEST(test_a_long_session_token),
        WORLD_TEST(test_roles_and_sso_are_refused_with_what_helps),
        WORLD_TEST(test_region),
        WORLD_TEST(test_process),
        WORLD_TEST(test_process_that_fails),
        WORLD_TEST(test_process_that_hangs_is_ended),
        WORLD_TEST(test_process_is_asked_again_before_expiry),
        cmocka_unit_test(test_command_split),
        cmocka_unit_test(test_release_wipes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
