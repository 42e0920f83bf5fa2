/* SPDX-License-Identifier: MIT */
/*
 * scratch - what probes leave behind: open uploads, and the scratch object when a run is killed.
 *
 * MinIO lists uploads for an exact key alone. A probe writes its scratch before it creates an
 * upload and removes it last, so what scratch objects are there names the keys to ask for.
 *
 * Threads: blocks, for the start of a run.
 */
#ifndef KIT_COMPACTOR_SAFE_SCRATCH_H
#define KIT_COMPACTOR_SAFE_SCRATCH_H

#include "compactor/job.h"

/* Aborts what uploads are open on keys that begin with `prefix`. */
enum status scratch_abort_uploads(struct s3_client *client, const char *bucket, const char *prefix,
                                  struct error *err) MUST_USE;
/* For `recover`: uploads and scratch objects of all probes below the state of `job`'s destination. A
 * probe that is under way loses its own, and its run refuses to delete anything. */
enum status scratch_sweep(struct s3_client *client, const struct job *job,
                          struct error *err) MUST_USE;

#endif
