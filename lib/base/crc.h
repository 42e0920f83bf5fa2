/* SPDX-License-Identifier: MIT */
/*
 * crc - the three cyclic redundancy checks that S3 knows: CRC-32, CRC-32C and CRC-64/NVME.
 *
 *     uint64_t crc = 0;
 *     crc = crc_update(CRC_64NVME, crc, data, len);          // as often as there are pieces
 *     crc = crc_combine(CRC_64NVME, crc, crc_of_more, len);  // the pieces need not be at hand
 *
 * A crc of nothing is 0, and a value returned is finished: it may be compared, sent, or continued.
 * 32-bit ones have zeros in their upper half. CRC-32 is zlib's; the other two take eight bytes a
 * step by tables (M. Kounavis, F. Berry, "A Systematic Approach to Building High Performance
 * Software-based CRC Generators", 2005).
 *
 * Threads: any; the tables are made once a process, by whoever comes first.
 */
#ifndef KIT_BASE_CRC_H
#define KIT_BASE_CRC_H

#include <stddef.h>
#include <stdint.h>

enum crc_kind { CRC_32, CRC_32C, CRC_64NVME };

uint64_t crc_update(enum crc_kind kind, uint64_t crc, const void *data, size_t len);
/* The crc of A followed by B, from those of A and of B and the length of B in bytes. */
uint64_t crc_combine(enum crc_kind kind, uint64_t a, uint64_t b, uint64_t b_len);

#endif
