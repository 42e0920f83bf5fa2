/* SPDX-License-Identifier: MIT */
/* manifest_schema - what the two halves of manifest.h share; private to them. */
#ifndef KIT_COMPACTOR_SAFE_MANIFEST_SCHEMA_H
#define KIT_COMPACTOR_SAFE_MANIFEST_SCHEMA_H

#define SAFE_MANIFEST_SCHEMA "s3-compact-manifest/1"

#endif
