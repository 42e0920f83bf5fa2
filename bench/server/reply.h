/* SPDX-License-Identifier: MIT */
/*
 * reply - writing answers: headers, S3's XML, errors.
 */
#ifndef KIT_BENCH_SERVER_REPLY_H
#define KIT_BENCH_SERVER_REPLY_H

#include "bench/server/request.h"

#define REPLY_HOST_ID "czMtYmVuY2gtc2VydmVy" /* one host answers all; as S3's, base64 */

/* Starts over: status 200, no headers, no body. */
void reply_clear(struct request *r);
void reply_header(struct request *r, const char *name, const char *value);
/* An error document in place of everything so far but the headers. `detail` NULL: the code's own
 * message. */
void reply_error(struct request *r, enum code code, const char *detail);
/* The same with elements of its own besides: pairs of name and text, NULL at the end. */
void reply_error_with(struct request *r, enum code code, const char *detail,
                      const char *const *elements);
/* InvalidArgument, which names the argument. */
void reply_bad_argument(struct request *r, const char *message, const char *name,
                        const char *value);
/* An error document for a code that need not be one of ours. `message` NULL: the code's own, if it has one. */
void reply_error_named(struct request *r, int status, const char *code, const char *message);
/* reply_error unless the code is CODE_NONE; whether it was an error. */
bool reply_failed(struct request *r, enum code code);

/* XML into the body. reply_xml_begin opens the document and its root, reply_xml_end closes both. */
void reply_xml_begin(struct request *r, const char *root);
void reply_xml_end(struct request *r, const char *root);
void xml_open(struct buf *b, const char *name);
void xml_close(struct buf *b, const char *name);
void xml_text(struct buf *b, const char *name, const char *text, size_t len);
void xml_str(struct buf *b, const char *name, const char *text);
void xml_u64(struct buf *b, const char *name, uint64_t value);
void xml_bool(struct buf *b, const char *name, bool value);
void xml_time(struct buf *b, const char *name, int64_t unix_ms);
/* Who owns everything here, as "Owner" and the like. */
void xml_owner(struct buf *b, const char *name);
/* The same as access lists have it, with its type. */
void xml_typed_owner(struct buf *b, const char *name);

#endif
