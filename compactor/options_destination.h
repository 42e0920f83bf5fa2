/* SPDX-License-Identifier: MIT */
/*
 * options_destination - the options about the destination: how outputs are kept, and how it is
 * reached where that is not how the source is.
 */
#ifndef KIT_COMPACTOR_OPTIONS_DESTINATION_H
#define KIT_COMPACTOR_OPTIONS_DESTINATION_H

#include <stdbool.h>

#include "lib/s3/object.h"
#include "lib/tool/connect.h"

struct destination_options {
    const char *storage_class;
    const char *encryption;
    const char *kms_key_id;
    const char *tagging;
    const char *content_type;
    const char *endpoint_url;
    const char *region;
    const char *profile;
    const char *bucket_owner;
};
extern const struct cli_option destination_keeping_table[]; /* offsets in the struct */
extern const struct cli_option destination_connect_table[];

/* For an account's number, 12 digits; the field is a const char *. */
enum status parse_account(void *field, const char *value, struct error *err) MUST_USE;

/* For "requester"; the field is a bool. */
enum status parse_payer(void *field, const char *value, struct error *err) MUST_USE;

/* STATUS_INVALID where options contradict each other. */
enum status destination_keeping(const struct destination_options *o, struct s3_keeping *out,
                                struct error *err) MUST_USE;
/* Whether the destination needs a client of its own; `connect` holds the source's options, and the
 * destination's then. */
bool destination_connect(const struct destination_options *o, struct connect_options *connect);

#endif
