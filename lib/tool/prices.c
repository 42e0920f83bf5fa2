/* SPDX-License-Identifier: MIT */
/* prices - what an S3 service charges. */
#include "lib/tool/prices.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "lib/base/units.h"

#define BILLED_GB (1024.0 * 1024 * 1024)
#define KIB       1024
#define PRICE_MAX 1e6

static const struct prices builtin = {
    .region = "us-east-1",
    .date = "2025-10",
    .currency = "USD",
    .class_count = 5,
    .classes =
        {
            {"STANDARD", 0.023, 0.005, 0.0004, 0, 0, 0},
            {"STANDARD_IA", 0.0125, 0.01, 0.001, 0.01, 128 * KIB, 30},
            {"ONEZONE_IA", 0.01, 0.01, 0.001, 0.01, 128 * KIB, 30},
            {"INTELLIGENT_TIERING", 0.023, 0.005, 0.0004, 0, 0, 0},
            {"GLACIER_IR", 0.004, 0.02, 0.01, 0.03, 128 * KIB, 90},
        },
};

const struct prices *prices_builtin(void)
{
    return &builtin;
}

const struct price_class *prices_class(const struct prices *p, const char *name)
{
    if (*name == '\0')
        name = "STANDARD";
    for (unsigned i = 0; i < p->class_count; i++)
        if (strcmp(p->classes[i].name, name) == 0)
            return &p->classes[i];
    return NULL;
}

double price_of_writes(const struct price_class *c, uint64_t requests)
{
    return (double)requests / 1000 * c->write_per_1000;
}

double price_of_reads(const struct price_class *c, uint64_t requests)
{
    return (double)requests / 1000 * c->read_per_1000;
}

double price_of_retrieval(const struct price_class *c, uint64_t bytes)
{
    return (double)bytes / BILLED_GB * c->retrieval_gb;
}

double price_of_month(const struct price_class *c, uint64_t billed_bytes)
{
    return (double)billed_bytes / BILLED_GB * c->storage_gb_month;
}

void price_append(struct buf *b, const struct prices *p, double amount)
{
    const bool usd = strcmp(p->currency, "USD") == 0;
    const bool tiny = amount > 0 && amount < 0.0001;
    const char *sign = usd ? "$" : "";
    if (tiny)
        buf_printf(b, "under %s0.0001", sign);
    else if (amount < 1)
        buf_printf(b, "%s%.4f", sign, amount);
    else if (amount < 1000)
        buf_printf(b, "%s%.2f", sign, amount);
    else {
        buf_append_str(b, sign);
        count_append(b, (uint64_t)(amount + 0.5));
    }
    if (!usd)
        buf_printf(b, " %s", p->currency);
}

/* ---- reading ---- */

static enum status take_text(json_t *from, const char *name, char out[PRICES_NAME_MAX + 1],
                             struct error *err)
{
    const char *text = json_string_value(json_object_get(from, name));
    if (text == NULL || *text == '\0' || strlen(text) > PRICES_NAME_MAX)
        return error_set(err, STATUS_INVALID, "\"%s\" must be a string of 1 to %d bytes", name,
                         PRICES_NAME_MAX);
    for (const char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || (unsigned char)*c > 0x7e)
            return error_set(err, STATUS_INVALID, "\"%s\" must be plain ASCII", name);
    memcpy(out, text, strlen(text) + 1);
    return STATUS_OK;
}

static enum status take_price(json_t *from, const char *class_name, const char *name, bool optional,
                              double *out, struct error *err)
{
    json_t *value = json_object_get(from, name);
    if (value == NULL && optional) {
        *out = 0;
        return STATUS_OK;
    }
    const double price = json_number_value(value);
    if (!json_is_number(value) || !isfinite(price) || price < 0 || price > PRICE_MAX)
        return error_set(err, STATUS_INVALID, "%s: \"%s\" must be a number from 0 to %.0f",
                         class_name, name, PRICE_MAX);
    *out = price;
    return STATUS_OK;
}

static enum status take_count(json_t *from, const char *class_name, const char *name, uint64_t *out,
                              struct error *err)
{
    json_t *value = json_object_get(from, name);
    if (value != NULL && (!json_is_integer(value) || json_integer_value(value) < 0))
        return error_set(err, STATUS_INVALID, "%s: \"%s\" must be a whole number", class_name,
                         name);
    *out = (uint64_t)json_integer_value(value);
    return STATUS_OK;
}

/* A misspelt name would otherwise be a price of nothing. */
static enum status check_names(json_t *object, const char *what, const char *const *known,
                               struct error *err)
{
    const char *name;
    json_t *value;
    if (!json_is_object(object))
        return error_set(err, STATUS_INVALID, "%s must be an object", what);
    json_object_foreach(object, name, value)
    {
        const char *const *k = known;
        while (*k != NULL && strcmp(*k, name) != 0)
            k++;
        if (*k == NULL)
            return error_set(err, STATUS_INVALID, "%s has \"%.80s\", which is not known", what,
                             name);
    }
    return STATUS_OK;
}

static enum status take_class(const char *name, json_t *from, struct price_class *out,
                              struct error *err)
{
    static const char *const known[] = {"storage_gb_month",
                                        "write_per_1000",
                                        "read_per_1000",
                                        "retrieval_gb",
                                        "min_bytes",
                                        "min_days",
                                        NULL};
    if (strlen(name) > PRICES_NAME_MAX)
        return error_set(err, STATUS_INVALID, "the class \"%.80s...\" has too long a name", name);
    memcpy(out->name, name, strlen(name) + 1);
    enum status status = check_names(from, out->name, known, err);
    if (!status)
        status = take_price(from, name, "storage_gb_month", false, &out->storage_gb_month, err);
    if (!status)
        status = take_price(from, name, "write_per_1000", false, &out->write_per_1000, err);
    if (!status)
        status = take_price(from, name, "read_per_1000", false, &out->read_per_1000, err);
    if (!status)
        status = take_price(from, name, "retrieval_gb", true, &out->retrieval_gb, err);
    if (!status)
        status = take_count(from, name, "min_bytes", &out->min_bytes, err);
    return status ? status : take_count(from, name, "min_days", &out->min_days, err);
}

static enum status take_classes(json_t *from, struct prices *out, struct error *err)
{
    const char *name;
    json_t *value;
    if (!json_is_object(from))
        return error_set(err, STATUS_INVALID, "\"classes\" must be an object");
    json_object_foreach(from, name, value)
    {
        if (out->class_count == PRICES_CLASSES_MAX)
            return error_set(err, STATUS_INVALID, "there are more than %d classes",
                             PRICES_CLASSES_MAX);
        enum status status = take_class(name, value, &out->classes[out->class_count++], err);
        if (status)
            return status;
    }
    return prices_class(out, "") != NULL
               ? STATUS_OK
               : error_set(err, STATUS_INVALID, "\"classes\" lacks STANDARD");
}

enum status prices_parse(const char *text, size_t len, struct prices *out, struct error *err)
{
    static const char *const known[] = {"region", "date", "currency", "classes", NULL};
    struct prices made = {.class_count = 0};
    json_error_t trouble;
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &trouble);
    if (root == NULL)
        return error_set(err, STATUS_INVALID, "line %d is not JSON: %.100s", trouble.line,
                         trouble.text);
    enum status status = check_names(root, "the table", known, err);
    if (!status)
        status = take_text(root, "region", made.region, err);
    if (!status)
        status = take_text(root, "date", made.date, err);
    if (!status)
        status = take_text(root, "currency", made.currency, err);
    if (!status)
        status = take_classes(json_object_get(root, "classes"), &made, err);
    json_decref(root);
    if (!status)
        *out = made;
    return status;
}

enum status prices_read(const char *path, struct prices *out, struct error *err)
{
    static const char what[] = "a table of prices";
    char text[PRICES_FILE_MAX + 1];
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return error_set(err, STATUS_INVALID, "%s cannot be read: %s", path, strerror(errno));
    const size_t len = fread(text, 1, sizeof text, file);
    const bool failed = ferror(file) != 0;
    fclose(file);
    if (failed)
        return error_set(err, STATUS_INVALID, "%s cannot be read", path);
    if (len > PRICES_FILE_MAX)
        return error_set(err, STATUS_INVALID, "%s is larger than %s may be (%d bytes)", path, what,
                         PRICES_FILE_MAX);
    enum status status = prices_parse(text, len, out, err);
    if (status)
        error_prefix(err, "%s", path);
    return status;
}
