/* SPDX-License-Identifier: MIT */
/* latency_file - see latency_file.h. */
#include "bench/server/latency_file.h"

#include <math.h>
#include <stdio.h>

#include "bench/server/strict_json.h"

#define WEIGHT_ERROR_MAX 1e-6
#define BYTES_A_MIB      1048576.0

static const char *const operation_names[LATENCY_OPERATIONS] = {
    [LATENCY_GET] = "GET",   [LATENCY_PUT] = "PUT",   [LATENCY_LIST] = "LIST",
    [LATENCY_HEAD] = "HEAD", [LATENCY_COPY] = "COPY", [LATENCY_DELETE] = "DELETE",
};

struct model_text {
    const json_t *mixture;
    double bytes_per_s, ms_per_mib;
};

static enum status mixture_read(const json_t *list, const char *where, struct latency_model *model,
                                struct error *err)
{
#define OF(f) offsetof(struct latency_component, f)
    static const struct strict_field fields[] = {
        STRICT_REAL("weight", OF(weight), 1e-9, 1),
        STRICT_REAL("median_ms", OF(median_ms), 0, LATENCY_MEDIAN_MAX_MS),
        STRICT_REAL("sigma", OF(sigma), 0, LATENCY_SIGMA_MAX),
        STRICT_END,
    };
    double sum = 0;
    const size_t count = json_is_array(list) ? json_array_size(list) : 0;
    if (count < 1 || count > LATENCY_COMPONENTS_MAX)
        return error_set(err, STATUS_INVALID, "%s: \"mixture\" must be an array of 1 to %d parts",
                         where, LATENCY_COMPONENTS_MAX);
    for (size_t i = 0; i < count; i++) {
        char part[64];
        uint64_t given;
        struct latency_component *c = &model->component[i];
        *c = (struct latency_component){.weight = 1};
        snprintf(part, sizeof part, "%s: part %zu", where, i + 1);
        const enum status status =
            strict_read(json_array_get(list, i), part, fields, c, &given, err);
        if (status != STATUS_OK)
            return status;
        if ((given & 2) == 0)
            return error_set(err, STATUS_INVALID, "%s: \"median_ms\" is missing", part);
        sum += c->weight;
    }
    if (fabs(sum - 1) > WEIGHT_ERROR_MAX)
        return error_set(err, STATUS_INVALID, "%s: the weights add up to %g instead of 1", where,
                         sum);
    return STATUS_OK;
}

static enum status model_read(const json_t *object, const char *where, struct latency_model *model,
                              struct error *err)
{
    static const struct strict_field fields[] = {
        STRICT_NESTED("mixture", offsetof(struct model_text, mixture)),
        STRICT_REAL("bytes_per_s", offsetof(struct model_text, bytes_per_s), 1, 1e12),
        STRICT_REAL("ms_per_mib", offsetof(struct model_text, ms_per_mib), 0, 1e6),
        STRICT_END,
    };
    struct model_text text = {.mixture = NULL};
    enum status status = strict_read(object, where, fields, &text, NULL, err);
    *model = (struct latency_model){.present = true};
    if (status == STATUS_OK && text.mixture != NULL)
        status = mixture_read(text.mixture, where, model, err);
    if (status != STATUS_OK)
        return status;
    if (text.bytes_per_s > 0)
        model->ns_per_byte = 1e9 / text.bytes_per_s;
    model->ns_per_byte += text.ms_per_mib * 1e6 / BYTES_A_MIB;
    return STATUS_OK;
}

static enum status operations_read(const json_t *object, struct latency_profile *out,
                                   struct error *err)
{
    struct strict_field fields[LATENCY_OPERATIONS + 1];
    const json_t *models[LATENCY_OPERATIONS] = {NULL};
    for (size_t i = 0; i < LATENCY_OPERATIONS; i++)
        fields[i] = (struct strict_field)STRICT_NESTED(operation_names[i], i * sizeof models[0]);
    fields[LATENCY_OPERATIONS] = (struct strict_field)STRICT_END;
    enum status status = strict_read(object, "operations", fields, models, NULL, err);
    for (size_t i = 0; status == STATUS_OK && i < LATENCY_OPERATIONS; i++)
        if (models[i] != NULL)
            status = model_read(models[i], operation_names[i], &out->model[i], err);
    return status;
}

static enum status stalls_read(const json_t *object, struct latency_profile *out, struct error *err)
{
#define AT(f) offsetof(struct latency_profile, f)
    static const struct strict_field fields[] = {
        STRICT_REAL("probability", AT(stall_probability), 0, 1),
        STRICT_REAL("ms", AT(stall_ms), 0, LATENCY_MEDIAN_MAX_MS),
        STRICT_END,
    };
    out->stall_probability = LATENCY_STALL_PROBABILITY;
    out->stall_ms = LATENCY_STALL_MS;
    return strict_read(object, "stalls", fields, out, NULL, err);
}

static enum status limits_read(const json_t *object, struct latency_profile *out, struct error *err)
{
    static const struct strict_field fields[] = {
        STRICT_UINT("get_per_s", AT(limits.get_per_s), 1, LATENCY_RATE_MAX),
        STRICT_UINT("put_per_s", AT(limits.put_per_s), 1, LATENCY_RATE_MAX),
        STRICT_UINT("prefix_depth", AT(limits.prefix_depth), 0, RATE_LIMIT_DEPTH_MAX),
        STRICT_END,
    };
    return strict_read(object, "rate_limit", fields, out, NULL, err);
}

struct file_text {
    const char *base;
    const json_t *operations, *stalls, *rate_limit;
    double connect_ms;
};

static enum status base_find(const char *name, struct latency_profile *out, struct error *err)
{
    const struct latency_profile *base = latency_profile_find(name);
    if (base == NULL) {
        char known[256], shown[STRICT_SHOWN_SIZE];
        latency_profile_names(known, sizeof known);
        return error_set(err, STATUS_INVALID, "\"base\": there is no profile \"%s\" (allowed: %s)",
                         strict_shown(name, shown), known);
    }
    *out = *base;
    return STATUS_OK;
}

static enum status file_read(const json_t *root, struct latency_profile *out, struct error *err)
{
    static const struct strict_field fields[] = {
        STRICT_TEXT("base", offsetof(struct file_text, base), 1, 64),
        STRICT_NESTED("operations", offsetof(struct file_text, operations)),
        STRICT_NESTED("stalls", offsetof(struct file_text, stalls)),
        STRICT_REAL("connect_ms", offsetof(struct file_text, connect_ms), 0, LATENCY_MEDIAN_MAX_MS),
        STRICT_NESTED("rate_limit", offsetof(struct file_text, rate_limit)),
        STRICT_END,
    };
    struct file_text text = {.base = "none"};
    enum status status = strict_read(root, "the document", fields, &text, NULL, err);
    if (status == STATUS_OK)
        status = base_find(text.base, out, err);
    if (status == STATUS_OK && text.operations != NULL)
        status = operations_read(text.operations, out, err);
    if (status == STATUS_OK && text.stalls != NULL)
        status = stalls_read(text.stalls, out, err);
    if (status == STATUS_OK && text.rate_limit != NULL)
        status = limits_read(text.rate_limit, out, err);
    if (status == STATUS_OK)
        out->connect_ms = text.connect_ms;
    return status;
}

enum status latency_file_parse(const char *text, size_t len, struct latency_profile *out,
                               struct error *err)
{
    struct latency_profile profile = {.name = NULL};
    json_t *root = NULL;
    enum status status = strict_parse(text, len, &root, err);
    if (status != STATUS_OK)
        return status;
    status = file_read(root, &profile, err);
    json_decref(root);
    if (status != STATUS_OK)
        return status;
    profile.name = "file";
    profile.summary = "of one's own";
    *out = profile;
    return STATUS_OK;
}
