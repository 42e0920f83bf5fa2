/* SPDX-License-Identifier: MIT */
/* endpoint - scheme, host, port and addressing style, and the URLs built on them. */
#include "lib/s3/endpoint.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/base/units.h"
#include "lib/s3/uri.h"

#define DEFAULT_REGION "us-east-1"
#define HOST_MAX       200 /* leaves room for the port */

/* AWS partitions by the start of their regions' names. */
static const struct {
    const char *region_start;
    const char *domain;
} partitions[] = {
    {"cn-", "amazonaws.com.cn"},    {"us-iso-", "c2s.ic.gov"}, {"us-isob-", "sc2s.sgov.gov"},
    {"us-isof-", "csp.hci.ic.gov"}, {"", "amazonaws.com"}, /* us-gov- too */
};

static enum status region_check(const char *region, struct error *err)
{
    size_t len = strspn(region, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
    if (len == 0 || region[len] || len >= sizeof((struct s3_endpoint *)0)->region)
        return error_set(err, STATUS_INVALID, "'%.80s' is not a region name like eu-west-1",
                         region);
    return STATUS_OK;
}

static const char *aws_domain(const char *region)
{
    size_t i = 0;
    while (strncmp(region, partitions[i].region_start, strlen(partitions[i].region_start)) != 0)
        i++;
    return partitions[i].domain;
}

static void aws_build(struct s3_endpoint *e)
{
    snprintf(e->host, sizeof e->host, "s3.%s.%s", e->region, aws_domain(e->region));
    snprintf(e->base, sizeof e->base, "https://%s", e->host);
    e->https = true;
    e->is_aws = true;
    e->costs_money = true;
}

static bool host_ends_with(const char *host, size_t len, const char *end)
{
    const size_t end_len = strlen(end);
    return len > end_len && strncasecmp(host + len - end_len, end, end_len) == 0;
}

/* Endpoints of a virtual private cloud, FIPS and dual-stack ones are given by the user. */
static bool is_aws_host(const char *host, size_t len)
{
    return host_ends_with(host, len, ".amazonaws.com") ||
           host_ends_with(host, len, ".amazonaws.com.cn") || host_ends_with(host, len, ".api.aws");
}

static bool is_loopback_host(const char *host, size_t len)
{
    return (len == 9 && strncasecmp(host, "localhost", len) == 0) ||
           (len > 4 && strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") >= len) ||
           (len == 5 && strncmp(host, "[::1]", len) == 0);
}

/* A name, an IPv4 address, or an IPv6 address in brackets; the length, or 0 when it is neither. */
static size_t host_length(const char *authority)
{
    static const char name_chars[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    if (*authority != '[')
        return strspn(authority, name_chars);
    size_t inner = strspn(authority + 1, "0123456789abcdefABCDEF:.");
    return inner > 0 && authority[1 + inner] == ']' ? inner + 2 : 0;
}

/* Reads "host[:port]" and an optional slash; what is left must be nothing. */
static enum status authority_parse(struct s3_endpoint *e, const char *url, const char *authority,
                                   struct error *err)
{
    uint64_t port = 0;
    size_t host_len = host_length(authority);
    const char *rest = authority + host_len;
    if (host_len == 0 || host_len > HOST_MAX)
        return error_set(err, STATUS_INVALID, "endpoint '%.200s' has no valid host name", url);
    if (*rest == ':') {
        size_t digits = strspn(rest + 1, "0123456789");
        char number[8] = "";
        if (digits < sizeof number)
            memcpy(number, rest + 1, digits);
        if (uint_parse(number, 1, 65535, &port, NULL))
            return error_set(err, STATUS_INVALID, "endpoint '%.200s' has no valid port", url);
        rest += 1 + digits;
    }
    if (strcmp(rest, "") != 0 && strcmp(rest, "/") != 0)
        return error_set(err, STATUS_INVALID,
                         "endpoint '%.200s' must be SCHEME://HOST[:PORT] and nothing more", url);
    e->costs_money = is_aws_host(authority, host_len);
    e->is_loopback = is_loopback_host(authority, host_len);
    uint64_t usual = e->https ? 443 : 80;
    if (port != 0 && port != usual)
        snprintf(e->host, sizeof e->host, "%.*s:%u", (int)host_len, authority, (unsigned)port);
    else
        snprintf(e->host, sizeof e->host, "%.*s", (int)host_len, authority);
    snprintf(e->base, sizeof e->base, "%s://%s", e->https ? "https" : "http", e->host);
    return STATUS_OK;
}

static enum status url_parse(struct s3_endpoint *e, const char *url, struct error *err)
{
    const char *authority = strstr(url, "://");
    size_t scheme_len = authority ? (size_t)(authority - url) : 0;
    e->https = scheme_len == 5 && strncmp(url, "https", 5) == 0;
    if (!e->https && !(scheme_len == 4 && strncmp(url, "http", 4) == 0))
        return error_set(err, STATUS_INVALID,
                         "endpoint '%.200s' must start with https:// or http://",
                         strchr(url, '@') ? "(hidden)" : url);
    if (strchr(url, '@')) /* not shown: it may hold a password */
        return error_set(err, STATUS_INVALID,
                         "an endpoint URL must not hold a user name or password");
    return authority_parse(e, url, authority + 3, err);
}

enum status s3_endpoint_init(struct s3_endpoint *e, const char *url, const char *region,
                             enum s3_addressing addressing, struct error *err)
{
    struct s3_endpoint made = {.addressing = addressing};
    if (!region || !*region)
        region = DEFAULT_REGION;
    enum status status = region_check(region, err);
    if (status)
        return status;
    snprintf(made.region, sizeof made.region, "%s", region);
    if (url && *url)
        status = url_parse(&made, url, err);
    else
        aws_build(&made);
    if (status)
        return status;
    *e = made;
    return STATUS_OK;
}

enum status s3_endpoint_set_region(struct s3_endpoint *e, const char *region, struct error *err)
{
    enum status status = region_check(region, err);
    if (status)
        return status;
    snprintf(e->region, sizeof e->region, "%s", region);
    if (e->is_aws)
        aws_build(e);
    return STATUS_OK;
}

/* A dot in the bucket's name would not match AWS's wildcard certificate. */
static bool is_virtual(const struct s3_endpoint *e, const char *bucket)
{
    if (!bucket || e->addressing == S3_ADDRESSING_PATH)
        return false;
    return e->addressing == S3_ADDRESSING_VIRTUAL || (e->is_aws && !strchr(bucket, '.'));
}

void s3_endpoint_host(const struct s3_endpoint *e, const char *bucket, struct buf *out)
{
    if (is_virtual(e, bucket)) {
        buf_append_str(out, bucket);
        buf_append_char(out, '.');
    }
    buf_append_str(out, e->host);
}

void s3_endpoint_scheme_host(const struct s3_endpoint *e, const char *bucket, struct buf *out)
{
    buf_append_str(out, e->https ? "https://" : "http://");
    s3_endpoint_host(e, bucket, out);
}

void s3_endpoint_path(const struct s3_endpoint *e, const char *bucket, const char *key,
                      struct buf *out)
{
    bool has_key = key && *key;
    buf_append_char(out, '/');
    if (bucket && !is_virtual(e, bucket)) {
        uri_encode(out, bucket, strlen(bucket), 0);
        if (has_key)
            buf_append_char(out, '/');
    }
    if (has_key)
        uri_encode(out, key, strlen(key), 1);
}
