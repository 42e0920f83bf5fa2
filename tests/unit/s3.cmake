# SPDX-License-Identifier: MIT
kit_unit_test(uri LINK s3)
kit_unit_test(sigv4 LINK s3 PkgConfig::JANSSON)
kit_unit_test(checksum LINK s3)
kit_unit_test(endpoint LINK s3)
kit_unit_test(xml LINK s3)
kit_unit_test(s3_error LINK s3)
kit_unit_test(credentials LINK s3)
kit_unit_test(list LINK s3)
kit_unit_test(reply_checksum LINK s3)

# Operations, against the embedded server in this process.
kit_unit_test(object SOURCES s3_rig.c LINK s3 s3_server)
kit_unit_test(multipart SOURCES s3_rig.c LINK s3 s3_server)
kit_unit_test(delete SOURCES s3_rig.c LINK s3 s3_server)
kit_unit_test(bucket SOURCES s3_rig.c LINK s3 s3_server)
