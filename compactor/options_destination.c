/* SPDX-License-Identifier: MIT */
/* options_destination - the options about the destination. */
#include "compactor/options_destination.h"

#include <stddef.h>
#include <string.h>

#define ACCOUNT_LEN       12
#define STORAGE_CLASS_MAX 64
#define TAGS_MAX          10   /* S3's limit */
#define TAGGING_MAX       8192 /* what a server takes as a header */
#define CONTENT_TYPE_MAX  (S3_CONTENT_MAX - 1)

static bool only_of(const char *text, const char *allowed, size_t max)
{
    const size_t len = strlen(text);
    return len > 0 && len <= max && strspn(text, allowed) == len;
}

static enum status take(void *field, const char *value)
{
    const char **text = field;
    *text = value;
    return STATUS_OK;
}

enum status parse_account(void *field, const char *value, struct error *err)
{
    if (strlen(value) == ACCOUNT_LEN && only_of(value, "0123456789", ACCOUNT_LEN))
        return take(field, value);
    return error_set(err, STATUS_INVALID, "\"%s\" is not an account's number of %d digits", value,
                     ACCOUNT_LEN);
}

/* With its value, as the AWS tools have it. */
enum status parse_payer(void *field, const char *value, struct error *err)
{
    bool *requester_pays = field;
    if (strcmp(value, "requester") != 0)
        return error_set(err, STATUS_INVALID, "\"%s\" is not requester", value);
    *requester_pays = true;
    return STATUS_OK;
}

/* Servers have classes of their own, so that only what cannot be one is refused. */
static enum status parse_storage_class(void *field, const char *value, struct error *err)
{
    if (only_of(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", STORAGE_CLASS_MAX))
        return take(field, value);
    return error_set(err, STATUS_INVALID,
                     "\"%s\" is not a storage class, such as STANDARD_IA or GLACIER_IR", value);
}

static enum status parse_encryption(void *field, const char *value, struct error *err)
{
    static const char *const known[] = {"AES256", "aws:kms", "aws:kms:dsse"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i], value) == 0)
            return take(field, value);
    return error_set(err, STATUS_INVALID, "\"%s\" is not one of AES256, aws:kms, aws:kms:dsse",
                     value);
}

static enum status parse_header(void *field, const char *value, struct error *err)
{
    const size_t len = strlen(value);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)value[i] < 0x20 || (unsigned char)value[i] > 0x7e)
            return error_set(err, STATUS_INVALID, "\"%s\" has a byte that no header may have",
                             value);
    if (len == 0 || len > CONTENT_TYPE_MAX)
        return error_set(err, STATUS_INVALID, "it must have 1 to %d bytes", CONTENT_TYPE_MAX);
    return take(field, value);
}

/* "name=value&name=value", URL-encoded as the header has it. */
static enum status parse_tagging(void *field, const char *value, struct error *err)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-._~%+/:@";
    unsigned tags = 0;
    for (const char *p = value;; tags++) {
        const size_t name = strspn(p, allowed);
        const size_t text = p[name] == '=' ? strspn(p + name + 1, allowed) : 0;
        const char *end = p + name + 1 + text;
        if (name == 0 || p[name] != '=' || (*end != '\0' && *end != '&'))
            return error_set(err, STATUS_INVALID,
                             "\"%s\" is not URL-encoded as name=value&name=value", value);
        if (*end == '\0')
            break;
        p = end + 1;
    }
    if (tags + 1 > TAGS_MAX || strlen(value) > TAGGING_MAX)
        return error_set(err, STATUS_INVALID, "there are more than %d tags", TAGS_MAX);
    return take(field, value);
}

#define AT(field) offsetof(struct destination_options, field)

const struct cli_option destination_keeping_table[] = {
    CLI_GROUP("How outputs are kept"),
    CLI_CALL(0, "storage-class", "CLASS", AT(storage_class), parse_storage_class,
             "their storage class, such as STANDARD_IA (default the bucket's)"),
    CLI_CALL(0, "sse", "METHOD", AT(encryption), parse_encryption,
             "encrypt them with AES256, aws:kms or aws:kms:dsse (default as the bucket does)"),
    CLI_CALL(0, "sse-kms-key-id", "ID", AT(kms_key_id), parse_header,
             "the key for aws:kms (default the account's for S3)"),
    CLI_CALL(0, "tagging", "TAGS", AT(tagging), parse_tagging,
             "their tags, URL-encoded as name=value&name=value"),
    CLI_CALL(0, "content-type", "TYPE", AT(content_type), parse_header,
             "their Content-Type (default the first source's)"),
    CLI_END,
};

const struct cli_option destination_connect_table[] = {
    CLI_CALL(0, "destination-endpoint-url", "URL", AT(endpoint_url), parse_header,
             "the endpoint of DST, where it is not SRC's"),
    CLI_CALL(0, "destination-region", "NAME", AT(region), parse_header,
             "the region of DST, where it is not SRC's"),
    CLI_CALL(0, "destination-profile", "NAME", AT(profile), parse_header,
             "the profile to write to DST with, where it is not the one to read SRC with"),
    CLI_CALL(0, "destination-bucket-owner", "ID", AT(bucket_owner), parse_account,
             "the account that DST is to belong to, where it is not SRC's"),
    CLI_END,
};

enum status destination_keeping(const struct destination_options *o, struct s3_keeping *out,
                                struct error *err)
{
    const bool by_kms = o->encryption != NULL && strncmp(o->encryption, "aws:kms", 7) == 0;
    if (o->kms_key_id != NULL && !by_kms)
        return error_set(err, STATUS_INVALID,
                         "--sse-kms-key-id goes with --sse aws:kms or aws:kms:dsse");
    *out = (struct s3_keeping){
        .storage_class = o->storage_class,
        .encryption = o->encryption,
        .kms_key_id = o->kms_key_id,
        .tagging = o->tagging,
    };
    return STATUS_OK;
}

bool destination_connect(const struct destination_options *o, struct connect_options *connect)
{
    if (o->endpoint_url == NULL && o->region == NULL && o->profile == NULL &&
        o->bucket_owner == NULL)
        return false;
    if (o->endpoint_url != NULL) {
        connect->endpoint_url = o->endpoint_url;
        connect->endpoint_option = "--destination-endpoint-url";
    }
    if (o->region != NULL) {
        connect->region = o->region;
        connect->region_option = "--destination-region";
    }
    if (o->profile != NULL) {
        connect->profile = o->profile;
        connect->no_sign_request = false; /* a public source is read unsigned, and not written to */
    }
    if (o->bucket_owner != NULL)
        connect->expected_bucket_owner = o->bucket_owner;
    return true;
}
