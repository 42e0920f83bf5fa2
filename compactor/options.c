/* SPDX-License-Identifier: MIT */
/* options - s3-compact's command line. */
#include "compactor/options.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/units.h"

#define DEFAULT_DAYS           30
#define AUTO_MAX               1024
#define DEFAULT_PARTITIONS     100
#define CONCURRENCY_MAX        4096
#define PARTITIONS_FAN_OUT_MAX 1024
#define PART_COUNT_MAX         100000
#define DEFAULT_MEMORY         (UINT64_C(256) << 20)

static const char *const suffix_rules[] = {"known", "first", NULL};
static const char *const newline_modes[] = {"keep", "ensure", NULL};
static const char *const match_rules[] = {"partition", "prefix", NULL};
static const char *const csv_headers[] = {"keep", "once", NULL};
static const char *const copy_modes[] = {"auto", "never", NULL};
static const char *const changed_ways[] = {"fail", "new", NULL};
static const char *const verify_ways[] = {"head", "read", NULL};
static const char *const modes[] = {"sequential", "parallel", NULL};
static const char *const fan_outs[] = {"objects", "partitions", NULL};

/* "K/N" with 1 <= K <= N */
static enum status parse_share(void *field, const char *value, struct error *err)
{
    struct share *share = field;
    char first[16];
    const char *slash = strchr(value, '/');
    const size_t len = slash == NULL ? 0 : (size_t)(slash - value);
    uint64_t k = 0;
    uint64_t n = 0;
    if (len > 0 && len < sizeof first) {
        memcpy(first, value, len);
        first[len] = '\0';
        if (uint_parse(slash + 1, 1, PART_COUNT_MAX, &n, NULL) == STATUS_OK &&
            uint_parse(first, 1, n, &k, NULL) == STATUS_OK) {
            *share = (struct share){k - 1, n};
            return STATUS_OK;
        }
    }
    return error_set(err, STATUS_INVALID, "\"%s\" is not K/N with K from 1 to N, such as 2/10",
                     value);
}

/* "members", "recompress" or "recompress=LEVEL", as a level; 0 for members */
static enum status parse_gzip(void *field, const char *value, struct error *err)
{
    static const char recompress[] = "recompress";
    const size_t len = sizeof recompress - 1;
    uint64_t level = SHAPE_GZIP_LEVEL;
    int *out = field;
    if (strcmp(value, "members") == 0)
        level = 0;
    else if (strncmp(value, recompress, len) != 0 || (value[len] != '\0' && value[len] != '='))
        return error_set(err, STATUS_INVALID, "\"%s\" is neither members nor recompress[=LEVEL]",
                         value);
    else if (value[len] == '=' && uint_parse(value + len + 1, 1, 9, &level, NULL) != STATUS_OK)
        return error_set(err, STATUS_INVALID, "\"%s\" is no level from 1 to 9", value + len + 1);
    *out = (int)level;
    return STATUS_OK;
}

static enum status parse_concurrency(void *field, const char *value, struct error *err)
{
    uint64_t *out = field;
    if (strcmp(value, "auto") == 0)
        *out = CONCURRENCY_AUTO;
    else if (uint_parse(value, 1, CONCURRENCY_MAX, out, NULL) != STATUS_OK)
        return error_set(err, STATUS_INVALID, "\"%s\" is neither auto nor a number from 1 to %d",
                         value, CONCURRENCY_MAX);
    return STATUS_OK;
}

#define AT(field) offsetof(struct compact_options, field)

static const struct cli_option selection_table[] = {
    CLI_GROUP("Which partitions"),
    CLI_STRING(0, "date-format", "FORMAT", AT(date_format),
               "how a date is written in keys, of %Y %m %d %H %j %y %-m %-d %-H (default "
               "%Y/%m/%d); its finest field is the step"),
    CLI_UINT(0, "days", "N", AT(days), 0, 36500,
             "the N UTC days before today, today excluded (default 30)"),
    CLI_STRING(0, "from", "DATE", AT(from), "first date instead, as YYYY-MM-DD or YYYY-MM-DDTHH"),
    CLI_STRING(0, "to", "DATE", AT(to), "last date, included"),
    CLI_FLAG(0, "discover", AT(discover),
             "every date that is found by listing SRC along the date format, but for the current "
             "one; --days, --from and --to are its bounds where given"),
    {.type = CLI_TYPE_CALL,
     .name = "part",
     .value_name = "K/N",
     .offset = AT(part),
     .call = parse_share,
     .help = "only the K-th of N shares of the partitions, to spread a run over machines"},
    CLI_END,
};

static const struct cli_option match_table[] = {
    CLI_CHOICE(
        0, "match", "partition|prefix", AT(match), match_rules,
        "which keys are of a date: those under date + \"/\", or all that begin with it, such "
        "as 2024-03-27-a.json (default partition)"),
    CLI_END,
};

static const struct cli_option sources_table[] = {
    CLI_GROUP("Which of their objects"),
    CLI_DURATION(0, "min-age", "TIME", AT(min_age_ms),
                 "leave partitions whose newest object is younger, such as 2h, since they may "
                 "still receive more"),
    CLI_UINT(0, "min-objects", "N", AT(min_objects), 0, UINT64_MAX,
             "leave partitions that have fewer objects to join"),
    CLI_SIZE(0, "max-source-size", "SIZE", AT(max_source_bytes), 1, UINT64_C(5) << 40,
             "leave larger objects as they are; an output records the size, since another would "
             "select other sources"),
    CLI_FLAG(0, "skip-archived", AT(skip_archived),
             "leave out objects in Glacier classes, which fail their partition otherwise"),
    CLI_END,
};

static const struct cli_option joining_table[] = {
    CLI_GROUP("How they are joined"),
    CLI_CHOICE(0, "suffix", "known|first", AT(suffix_rule), suffix_rules,
               "the output's suffix: known makes one output per format and compression "
               "(.json.gz), first takes all suffixes of the first key (default known)"),
    CLI_CHOICE(0, "newline", "keep|ensure", AT(newline), newline_modes,
               "ensure adds a newline where a source does not end in one, in gzip sources as a "
               "member of its own (default keep)"),
    CLI_CHOICE(0, "csv-header", "keep|once", AT(csv_header), csv_headers,
               "once drops the first line of every source but the first, and fails where it is not "
               "the first one's; of gzip sources only with --gzip recompress (default keep)"),
    CLI_CALL(0, "gzip", "members|recompress[=LEVEL]", AT(gzip_level), parse_gzip,
             "what becomes of gzip sources: members, joined as they are, or recompress into one "
             "member for readers that stop after the first, at level 1 to 9 (default members; "
             "recompress is level 6)"),
    CLI_CHOICE(0, "copy", "auto|never", AT(copy), copy_modes,
               "auto lets the server copy sources of 5 MiB and more where bytes stay as they are, "
               "never reads everything; what is copied has no SHA-256 in the results (default "
               "auto)"),
    CLI_FLAG(0, "overwrite", AT(overwrite),
             "write every output anew, also over one that holds more or is not ours"),
    CLI_END,
};

static const struct cli_option safe_table[] = {
    CLI_GROUP("Crash-safe, with manifests, and deletion"),
    CLI_FLAG(0, "manifest", AT(manifest),
             "keep a log and a manifest an output in DST/_compaction/, so that a run may be killed "
             "or started twice; late objects make further outputs"),
    CLI_SIZE(0, "target-size", "SIZE", AT(target_bytes), 1, UINT64_C(5) << 40,
             "outputs of about this size instead of one a partition; implies --manifest"),
    CLI_CHOICE(0, "changed", "fail|new", AT(changed), changed_ways,
               "what a source that changed after it was compacted does: fail its partition, or "
               "count as a new one (default fail)"),
    CLI_CHOICE(0, "verify", "head|read", AT(verify), verify_ways,
               "how an output is checked once it is written: by a HEAD, or by reading all of it "
               "(default head; read before sources are deleted)"),
    CLI_FLAG(0, "delete-sources", AT(delete_sources),
             "delete the sources of outputs that were read back, one by one and only while they "
             "are unchanged; implies --manifest and wants --days, or --from and --to"),
    CLI_FLAG(0, "allow-unconditional-delete", AT(allow_unconditional_delete),
             "delete also where the server ignores If-Match: a source that is replaced just then "
             "is lost"),
    CLI_END,
};

static const struct cli_option scheduling_table[] = {
    CLI_CHOICE(0, "mode", "sequential|parallel", AT(mode), modes,
               "sequential keeps one request in flight (default parallel)"),
    CLI_CHOICE(0, "fan-out", "objects|partitions", AT(fan_out), fan_outs,
               "what runs in parallel: requests over objects and partitions alike, or whole "
               "partitions, each in sequence (default objects)"),
    CLI_CALL('j', "concurrency", "N|auto", AT(concurrency), parse_concurrency,
             "requests in flight, or partitions at once; auto widens while that raises the "
             "throughput, up to 1024, and slows down where the server asks for it (default auto, "
             "for partitions 100)"),
    CLI_SIZE(0, "memory", "SIZE", AT(memory_bytes), BUDGET_MIN_BYTES, UINT64_C(1) << 40,
             "memory for listings and parts, at least 16MiB (default 256MiB)"),
    CLI_END,
};

static const struct cli_option running_table[] = {
    CLI_GROUP("How the work is done"),
    CLI_INCLUDE(scheduling_table, 0),
    CLI_FLAG(0, "fail-fast", AT(fail_fast), "stop at the first partition that fails"),
    CLI_FLAG(0, "require-objects", AT(require_objects), "exit 1 when no partition has any object"),
    CLI_FLAG(0, "dry-run", AT(dry_run),
             "list and compare only; print what would be written, the requests it takes, and what "
             "it costs and saves"),
    CLI_STRING(0, "prices", "FILE", AT(prices),
               "a table of prices for --dry-run, as JSON (default AWS, us-east-1)"),
    CLI_END,
};

#define COMMON_OPTIONS                                                                             \
    CLI_INCLUDE(connect_option_table, AT(connect)), CLI_INCLUDE(output_option_table, AT(output))

static const struct cli_option account_table[] = {
    CLI_GROUP("Whose buckets"),
    CLI_CALL(0, "expected-bucket-owner", "ID", AT(connect.expected_bucket_owner), parse_account,
             "fail where a bucket, of either side, belongs to another account"),
    CLI_CALL(0, "request-payer", "requester", AT(connect.requester_pays), parse_payer,
             "agree to pay for requests on requester-pays buckets"),
    CLI_END,
};

static const struct cli_option run_table[] = {
    CLI_INCLUDE(selection_table, 0),
    CLI_INCLUDE(match_table, 0),
    CLI_INCLUDE(sources_table, 0),
    CLI_INCLUDE(joining_table, 0),
    CLI_INCLUDE(destination_keeping_table, AT(destination)),
    CLI_INCLUDE(safe_table, 0),
    CLI_INCLUDE(running_table, 0),
    CLI_INCLUDE(connect_option_table, AT(connect)),
    CLI_INCLUDE(destination_connect_table, AT(destination)),
    CLI_INCLUDE(account_table, 0),
    CLI_INCLUDE(output_option_table, AT(output)),
    CLI_END,
};
static const struct cli_option one_table[] = {
    CLI_GROUP("Which objects"),
    CLI_INCLUDE(match_table, 0),
    CLI_INCLUDE(sources_table, 0),
    CLI_INCLUDE(joining_table, 0),
    CLI_INCLUDE(destination_keeping_table, AT(destination)),
    CLI_INCLUDE(safe_table, 0),
    CLI_INCLUDE(running_table, 0),
    CLI_INCLUDE(connect_option_table, AT(connect)),
    CLI_INCLUDE(destination_connect_table, AT(destination)),
    CLI_INCLUDE(account_table, 0),
    CLI_INCLUDE(output_option_table, AT(output)),
    CLI_END,
};
static const struct cli_option status_table[] = {
    CLI_GROUP("How the work is done"),
    CLI_INCLUDE(scheduling_table, 0),
    COMMON_OPTIONS,
    CLI_END,
};
static const struct cli_option recover_table[] = {
    CLI_GROUP("How generations are brought to their end"),
    CLI_CHOICE(0, "verify", "head|read", AT(verify), verify_ways,
               "how outputs are checked: by a HEAD, or by reading all of them (default head; read "
               "before sources are deleted)"),
    CLI_FLAG(0, "delete-sources", AT(delete_sources),
             "delete the sources of all outputs in the log, once these were read back, and only "
             "while they are unchanged"),
    CLI_FLAG(0, "allow-unconditional-delete", AT(allow_unconditional_delete),
             "delete also where the server ignores If-Match: a source that is replaced just then "
             "is lost"),
    CLI_INCLUDE(destination_keeping_table, AT(destination)),
    CLI_GROUP("How the work is done"),
    CLI_INCLUDE(scheduling_table, 0),
    COMMON_OPTIONS,
    CLI_END,
};
static const struct cli_option plan_table[] = {
    CLI_INCLUDE(selection_table, 0),
    CLI_INCLUDE(match_table, 0),
    CLI_INCLUDE(account_table, 0),
    COMMON_OPTIONS,
    CLI_END,
};

static const char run_details[] =
    "SRC and DST are s3://bucket/prefix/. The objects under SRC + date + \"/\" are\n"
    "joined, in key order and byte for byte, into DST + date + \"/\" + name, where the\n"
    "name is that directory with \"-\" for \"/\". An output records what it was made\n"
    "of: the same sources are skipped, more sources replace it, fewer or changed\n"
    "ones fail the partition and leave it as it is. Sources are never changed, and\n"
    "deleted only with --delete-sources.\n"
    "\n"
    "With several SRC, the objects of one date make one output: those of the first\n"
    "SRC, then those of the second, each in key order. Their partitions must lie\n"
    "apart.\n"
    "\n"
    "With --match prefix, an unpadded field must not end the date (\"2024-1-1\" also\n"
    "begins \"2024-1-11\"), and a key that goes on with a digit fails its partition.\n"
    "\n"
    "Examples:\n"
    "  s3-compact s3://logs/raw/ s3://logs/daily/\n"
    "  s3-compact --from 2024-01-01 --to 2024-01-31 s3://logs/raw/ s3://logs/daily/\n"
    "  s3-compact --dry-run --days 7 s3://logs/raw/ s3://logs/daily/\n"
    "  s3-compact --discover --min-age 2h s3://logs/raw/ s3://logs/daily/\n"
    "  s3-compact s3://logs-eu/raw/ s3://logs-us/raw/ s3://archive/daily/\n"
    "\n"
    "Exit status: 0 done, 1 some of it failed, 2 wrong usage, 130 or 143\n"
    "interrupted. After 1, 130 and 143 the same command goes on: what is done is\n"
    "skipped.\n";
static const char status_details[] =
    "Lists the generations in the log of DST, a destination of --manifest, and what\n"
    "state each is in: open (begun, not decided), checked, read, kept, deleted or\n"
    "abandoned.\n"
    "\n"
    "Example:\n"
    "  s3-compact status s3://logs/daily/\n";
static const char recover_details[] =
    "Brings every generation that a killed run left unfinished to its end, and\n"
    "aborts the uploads that such runs left open. It begins nothing new; \"run\" does\n"
    "all of this, too, for the partitions it selects.\n"
    "\n"
    "Example:\n"
    "  s3-compact recover s3://logs/daily/\n";
static const char verify_details[] =
    "Reads every output in the log of DST and compares it with what was written.\n"
    "Exit status 1 when one is missing or differs. Writes nothing.\n"
    "\n"
    "Example:\n"
    "  s3-compact verify s3://logs/daily/\n";
static const char one_details[] =
    "Joins exactly one partition, given as \"s3-compact plan\" prints it: everything\n"
    "under SRC, or with --match prefix everything that begins with it, into one\n"
    "output per suffix in the directory DST.\n"
    "\n"
    "Example:\n"
    "  s3-compact one s3://logs/raw/2024/01/14/ s3://logs/daily/2024/01/14/\n";
static const char plan_details[] =
    "Prints {\"s3_locations\":[{\"src\":...,\"dest\":...},...]}: the list that a fan-out\n"
    "by another engine hands to \"s3-compact one\". \"src\" is an array where there are\n"
    "several SRC. The bucket is looked at only with --discover.\n";

const struct cli_verb compact_verbs[] = {
    {"run", "SRC... DST [options]", "join the partitions of SRC into DST (the default verb)",
     run_details, run_table},
    {"one", "SRC... DST [options]", "join one partition, named in full", one_details, one_table},
    {"plan", "SRC... DST [options]", "print the partitions as JSON", plan_details, plan_table},
    {"status", "DST [options]", "list what --manifest keeps in DST", status_details, status_table},
    {"recover", "DST [options]", "finish what killed runs left behind", recover_details,
     recover_table},
    {"verify", "DST [options]", "read outputs back and compare them", verify_details, status_table},
    {0},
};

void compact_options_init(struct compact_options *o)
{
    *o = (struct compact_options){.date_format = "%Y/%m/%d",
                                  .days = DAYS_NOT_GIVEN,
                                  .part = {0, 1},
                                  .changed = CHOICE_NOT_GIVEN,
                                  .verify = CHOICE_NOT_GIVEN,
                                  .suffix_rule = SUFFIX_KNOWN,
                                  .mode = MODE_PARALLEL,
                                  .fan_out = FAN_OUT_OBJECTS,
                                  .memory_bytes = DEFAULT_MEMORY};
}

static enum status check_combinations(const struct compact_options *o, struct error *err)
{
    if (o->days != DAYS_NOT_GIVEN && (o->from != NULL || o->to != NULL))
        return error_set(err, STATUS_INVALID, "--days and --from/--to exclude each other");
    if (o->mode == MODE_SEQUENTIAL && o->concurrency > 1)
        return error_set(err, STATUS_INVALID,
                         "--mode sequential keeps one request in flight; leave -j out");
    if (o->fan_out == FAN_OUT_PARTITIONS && o->concurrency == CONCURRENCY_AUTO)
        return error_set(err, STATUS_INVALID,
                         "-j auto finds the requests in flight; --fan-out partitions takes a "
                         "number of partitions");
    if (o->fan_out == FAN_OUT_PARTITIONS && o->concurrency > PARTITIONS_FAN_OUT_MAX)
        return error_set(err, STATUS_INVALID, "--fan-out partitions takes -j up to %d",
                         PARTITIONS_FAN_OUT_MAX);
    return STATUS_OK;
}

static enum status choose_prices(const struct compact_options *o, struct prices *out,
                                 struct error *err)
{
    *out = *prices_builtin();
    if (o->prices == NULL)
        return STATUS_OK;
    if (!o->dry_run)
        return error_set(err, STATUS_INVALID, "--prices goes with --dry-run");
    enum status status = prices_read(o->prices, out, err);
    if (status != STATUS_OK)
        error_prefix(err, "--prices");
    return status;
}

static bool wants_manifest(const struct compact_options *o)
{
    return o->manifest || o->delete_sources || o->target_bytes > 0;
}

static enum status check_deletion(const struct compact_options *o, struct error *err)
{
    if (!o->delete_sources && o->allow_unconditional_delete)
        return error_set(err, STATUS_INVALID,
                         "--allow-unconditional-delete is for --delete-sources");
    if (o->delete_sources && o->verify == 0)
        return error_set(err, STATUS_INVALID,
                         "--delete-sources reads outputs back first; leave --verify head out");
    return STATUS_OK;
}

static enum status check_safe(const struct compact_options *o, int sources, bool single,
                              struct error *err)
{
    const bool has_dates = o->days != DAYS_NOT_GIVEN || (o->from != NULL && o->to != NULL);
    enum status status = check_deletion(o, err);
    if (status != STATUS_OK)
        return status;
    if (!wants_manifest(o)) {
        if (o->changed != CHOICE_NOT_GIVEN || o->verify != CHOICE_NOT_GIVEN)
            return error_set(err, STATUS_INVALID, "--changed and --verify are for --manifest");
        return STATUS_OK;
    }
    if (o->overwrite)
        return error_set(err, STATUS_INVALID,
                         "--manifest never overwrites an output; leave --overwrite out");
    if (sources > 1)
        return error_set(err, STATUS_INVALID,
                         "--manifest takes one SRC; give each a destination of its own");
    if (o->delete_sources && !single && !has_dates)
        return error_set(err, STATUS_INVALID,
                         "--delete-sources wants the dates named: --days, or --from and --to");
    return STATUS_OK;
}

static struct safe_options safe_of(const struct compact_options *o, enum safe_task task)
{
    return (struct safe_options){.enabled = task != SAFE_TASK_COMPACT || wants_manifest(o),
                                 .task = task,
                                 .deletes = o->delete_sources,
                                 .read_back = o->verify == 1 || o->delete_sources,
                                 .changed_new = o->changed == 1,
                                 .unconditional = o->allow_unconditional_delete,
                                 .target_bytes = o->target_bytes};
}

static enum status parse_side(const char *name, const char *text, bool prefix, struct s3_uri *out,
                              struct error *err)
{
    enum status status = s3_uri_parse(text, out, err);
    if (status == STATUS_OK && prefix)
        status = s3_uri_make_prefix(out, err);
    if (status != STATUS_OK)
        error_prefix(err, "%s", name);
    return status;
}

/* All but the last are sources. */
static enum status parse_uris(char *const *uris, int count, bool single,
                              struct selection_options *out, struct error *err)
{
    const int sources = count - 1;
    if (sources > SELECTION_SOURCES_MAX)
        return error_set(err, STATUS_INVALID, "%d sources are more than %d", sources,
                         SELECTION_SOURCES_MAX);
    const bool whole_name = single && out->match == MATCH_PREFIX;
    for (int i = 0; i < sources; i++) {
        enum status status = parse_side("SRC", uris[i], !whole_name, &out->sources[i], err);
        if (status != STATUS_OK)
            return status;
    }
    out->source_count = (unsigned)sources;
    return parse_side("DST", uris[sources], !single, &out->destination, err);
}

static bool is_adaptive(const struct compact_options *o)
{
    return o->mode != MODE_SEQUENTIAL &&
           (o->concurrency == CONCURRENCY_AUTO ||
            (o->concurrency == 0 && o->fan_out != FAN_OUT_PARTITIONS));
}

static unsigned resolve_concurrency(const struct compact_options *o)
{
    if (o->mode == MODE_SEQUENTIAL)
        return 1;
    if (is_adaptive(o))
        return AUTO_MAX;
    if (o->concurrency != 0)
        return (unsigned)o->concurrency;
    return DEFAULT_PARTITIONS;
}

enum status compact_job(const struct compact_options *o, char *const *uris, int count, bool single,
                        struct wall now, struct job *job, struct error *err)
{
    struct job made = {
        .safe = safe_of(o, SAFE_TASK_COMPACT),
        .mode = o->mode == MODE_SEQUENTIAL ? MODE_SEQUENTIAL : MODE_PARALLEL,
        .fan_out = o->fan_out == FAN_OUT_PARTITIONS ? FAN_OUT_PARTITIONS : FAN_OUT_OBJECTS,
        .concurrency = resolve_concurrency(o),
        .adaptive = is_adaptive(o),
        .suffix_rule = o->suffix_rule == SUFFIX_FIRST ? SUFFIX_FIRST : SUFFIX_KNOWN,
        .shape = {.newline_ensure = o->newline == 1,
                  .csv_header_once = o->csv_header == 1,
                  .gzip_level = o->gzip_level},
        .copy = o->copy == 0,
        .overwrite = o->overwrite,
        .fail_fast = o->fail_fast,
        .require_objects = o->require_objects,
        .dry_run = o->dry_run,
        .skip_archived = o->skip_archived,
        .min_age_s = (o->min_age_ms + 999) / 1000,
        .min_objects = o->min_objects,
        .max_source_bytes = o->max_source_bytes,
        .content_type = o->destination.content_type,
        .now_unix_s = wall_unix_s(now),
        .memory_bytes = o->memory_bytes,
    };
    struct selection_options selection = {
        .date_format = o->date_format,
        .match = o->match == MATCH_PREFIX ? MATCH_PREFIX : MATCH_PARTITION,
        .from = o->from,
        .to = o->to,
        .days = o->days == DAYS_NOT_GIVEN ? DEFAULT_DAYS : o->days,
        .discover = o->discover,
        .any_days = o->days == DAYS_NOT_GIVEN,
        .now = now,
        .part_index = o->part.index,
        .part_count = o->part.count,
    };
    enum status status = check_combinations(o, err);
    if (status == STATUS_OK)
        status = destination_keeping(&o->destination, &made.keeping, err);
    if (status == STATUS_OK)
        status = choose_prices(o, &made.prices, err);
    if (status == STATUS_OK)
        status = check_safe(o, count - 1, single, err);
    if (status == STATUS_OK)
        status = parse_uris(uris, count, single, &selection, err);
    if (status == STATUS_OK)
        status = single ? selection_init_single(&made.selection, &selection, err)
                        : selection_init(&made.selection, &selection, err);
    if (status == STATUS_OK)
        *job = made;
    return status;
}

enum status compact_log_job(const struct compact_options *o, enum safe_task task, const char *uri,
                            struct wall now, struct job *job, struct s3_uri *destination,
                            struct error *err)
{
    enum status status = check_combinations(o, err);
    if (status == STATUS_OK)
        status = check_deletion(o, err);
    if (status == STATUS_OK)
        status = parse_side("DST", uri, true, destination, err);
    if (status != STATUS_OK)
        return status;
    *job = (struct job){.safe = safe_of(o, task),
                        .mode = o->mode == MODE_SEQUENTIAL ? MODE_SEQUENTIAL : MODE_PARALLEL,
                        .fan_out =
                            o->fan_out == FAN_OUT_PARTITIONS ? FAN_OUT_PARTITIONS : FAN_OUT_OBJECTS,
                        .concurrency = resolve_concurrency(o),
                        .adaptive = is_adaptive(o),
                        .content_type = o->destination.content_type,
                        .now_unix_s = wall_unix_s(now),
                        .memory_bytes = o->memory_bytes};
    job->selection.destination = *destination;
    return destination_keeping(&o->destination, &job->keeping, err);
}
