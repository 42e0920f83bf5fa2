/* SPDX-License-Identifier: MIT */
/* The file of keys: what is read from it, and which line is said to be wrong. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/keyring.h"
#include "tests/support/unit.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static const struct s3_server_key own = {.access_key_id = "SERVER", .secret_access_key = "own"};

static enum status read_text(struct keyring *ring, const char *text, size_t len, struct error *err)
{
    char path[] = "/tmp/s3-kit-keyring.XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, len), len);
    close(fd);
    const enum status status = keyring_read_file(ring, path, err);
    unlink(path);
    return status;
}

static void test_profiles(void **state)
{
    (void)state;
    static const char text[] = "# two people\n"
                               "[alice]\n"
                               "aws_access_key_id = ALICE\n"
                               "aws_secret_access_key=s3cret+/=with#all\r\n"
                               "region = us-east-1\n"
                               "\n"
                               "  [ bob ]  \n"
                               "; his are the other way round\n"
                               "aws_secret_access_key =  b \n"
                               "aws_session_token = his/token==\n"
                               "aws_access_key_id = BOB";
    struct keyring ring;
    struct error err;
    keyring_init(&ring);
    assert_ok(keyring_add(&ring, &own, &err), &err);
    assert_ok(read_text(&ring, text, sizeof text - 1, &err), &err);
    assert_int_equal(ring.count, 3);
    assert_string_equal(ring.keys[0].access_key_id, "SERVER");
    assert_string_equal(ring.keys[1].access_key_id, "ALICE");
    assert_string_equal(ring.keys[1].secret_access_key, "s3cret+/=with#all");
    assert_string_equal(ring.keys[2].access_key_id, "BOB");
    assert_string_equal(ring.keys[2].secret_access_key, "b");
    assert_string_equal(ring.keys[2].session_token, "his/token==");
    assert_null(ring.keys[1].session_token);
    keyring_release(&ring);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *says;
    } table[] = {
        {"", "has no [profile]"},
        {"# nothing\n", "has no [profile]"},
        {"aws_access_key_id = A\n", "line 1: a setting before the first [profile]"},
        {"[a\n", "line 1: a [profile] that does not end in ]"},
        {"[a]\nnonsense\n", "line 2: neither [profile] nor name = value"},
        {"[a]\naws_access_key_id = A\n", "profile a has no aws_secret_access_key"},
        {"[a]\naws_secret_access_key = s3cret\n", "profile a has no aws_access_key_id"},
        {"[a]\n[b]\naws_access_key_id = B\naws_secret_access_key = s3cret\n", "profile a has no"},
        {"[a]\naws_access_key_id =\n", "line 2: not a key"},
        {"[a]\naws_access_key_id = A/B\n", "line 2: not a key"},
        {"[a]\naws_access_key_id = A\naws_access_key_id = B\n", "line 3: this profile has that"},
        {"[a]\naws_session_token = t0ken\naws_session_token =\n", "line 3: this profile has that"},
        {"[a]\naws_access_key_id = SERVER\naws_secret_access_key = s3cret\n",
         "two keys of the id SERVER"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        struct keyring ring;
        struct error err;
        keyring_init(&ring);
        assert_ok(keyring_add(&ring, &own, &err), &err);
        assert_int_equal(read_text(&ring, table[i].text, strlen(table[i].text), &err),
                         STATUS_INVALID);
        if (strstr(err.text, table[i].says) == NULL)
            fail_msg("\"%s\" gave \"%s\"", table[i].text, err.text);
        assert_null(strstr(err.text, "s3cret"));
        assert_null(strstr(err.text, "t0ken"));
        keyring_release(&ring);
    }
}

static void test_limits(void **state)
{
    (void)state;
    struct keyring ring;
    struct error err;
    static char names[KEYRING_MAX][8];
    static char large[KEYRING_FILE_MAX + 1];
    static const char small[] = "[a]\naws_access_key_id=A\naws_secret_access_key=B\n#";
    struct s3_server_key key = own;
    keyring_init(&ring);
    for (size_t i = 0; i < KEYRING_MAX; i++) {
        snprintf(names[i], sizeof names[i], "K%zu", i);
        key.access_key_id = names[i];
        assert_ok(keyring_add(&ring, &key, &err), &err);
    }
    assert_int_equal(keyring_add(&ring, &own, &err), STATUS_LIMIT);
    keyring_release(&ring);
    memset(large, '#', sizeof large);
    assert_int_equal(read_text(&ring, large, sizeof large, &err), STATUS_LIMIT);
    keyring_release(&ring);
    assert_ok(read_text(&ring, small, sizeof small - 1, &err), &err);
    keyring_release(&ring);
    assert_int_equal(read_text(&ring, "[a]\0\n", 5, &err), STATUS_INVALID);
    keyring_release(&ring);
    assert_int_equal(keyring_read_file(&ring, "/nonexistent/keys", &err), STATUS_IO);
    keyring_release(&ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_profiles),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
