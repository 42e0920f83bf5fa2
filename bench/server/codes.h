/* SPDX-License-Identifier: MIT */
/*
 * codes - S3's error codes with their HTTP statuses and messages, in one table.
 */
#ifndef KIT_BENCH_SERVER_CODES_H
#define KIT_BENCH_SERVER_CODES_H

#define CODE_TABLE(X)                                                                              \
    X(ACCESS_CONTROL_LIST_NOT_SUPPORTED, 400, "AccessControlListNotSupported",                     \
      "The bucket does not allow ACLs")                                                            \
    X(ACCESS_DENIED, 403, "AccessDenied", "Access Denied")                                         \
    X(AUTHORIZATION_HEADER_MALFORMED, 400, "AuthorizationHeaderMalformed",                         \
      "The authorization header that you provided is not valid.")                                  \
    X(AUTHORIZATION_QUERY_ERROR, 400, "AuthorizationQueryParametersError",                         \
      "The query-string authorization parameters that you provided are not valid.")                \
    X(BAD_DIGEST, 400, "BadDigest",                                                                \
      "The Content-MD5 or checksum value that you specified did not match what the server "        \
      "received.")                                                                                 \
    X(TOO_MANY_TAGS, 400, "BadRequest", "Object tags cannot be greater than 10")                   \
    X(BUCKET_ALREADY_OWNED, 409, "BucketAlreadyOwnedByYou",                                        \
      "Your previous request to create the named bucket succeeded and you already own it.")        \
    X(BUCKET_HAS_VERSIONS, 409, "BucketNotEmpty",                                                  \
      "The bucket you tried to delete is not empty. You must delete all versions in the bucket.")  \
    X(BUCKET_NOT_EMPTY, 409, "BucketNotEmpty", "The bucket you tried to delete is not empty")      \
    X(CONDITIONAL_CONFLICT, 409, "ConditionalRequestConflict",                                     \
      "The conditional request cannot succeed due to a conflicting operation against this "        \
      "resource.")                                                                                 \
    X(ENTITY_TOO_LARGE, 400, "EntityTooLarge",                                                     \
      "Your proposed upload exceeds the maximum allowed size")                                     \
    X(ENTITY_TOO_SMALL, 400, "EntityTooSmall",                                                     \
      "Your proposed upload is smaller than the minimum allowed size")                             \
    X(EXPIRED_TOKEN, 400, "ExpiredToken", "The provided token has expired.")                       \
    X(ILLEGAL_LOCATION, 400, "IllegalLocationConstraintException",                                 \
      "The specified location constraint is incompatible for the region specific endpoint this "   \
      "request was sent to.")                                                                      \
    X(ILLEGAL_VERSIONING, 400, "IllegalVersioningConfigurationException",                          \
      "The versioning configuration specified in the request is invalid.")                         \
    X(INCOMPLETE_BODY, 400, "IncompleteBody",                                                      \
      "You did not provide the number of bytes specified by the Content-Length HTTP header.")      \
    X(INSUFFICIENT_STORAGE, 507, "InsufficientStorage",                                            \
      "The server's memory limit is reached; nothing was stored.")                                 \
    X(INTERNAL_ERROR, 500, "InternalError", "We encountered an internal error. Please try again.") \
    X(INVALID_ACCESS_KEY_ID, 403, "InvalidAccessKeyId",                                            \
      "The AWS Access Key Id you provided does not exist in our records.")                         \
    X(BAD_PART_NUMBER, 400, "InvalidArgument",                                                     \
      "Part number must be an integer between 1 and 10000, inclusive")                             \
    X(BAD_TAGGING_HEADER, 400, "InvalidArgument",                                                  \
      "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters " \
      "without tag name duplicates.")                                                              \
    X(INVALID_ARGUMENT, 400, "InvalidArgument", "Invalid Argument")                                \
    X(INVALID_VERSION, 400, "InvalidArgument", "Invalid version id specified")                     \
    X(INVALID_BUCKET_ACL, 400, "InvalidBucketAclWithObjectOwnership",                              \
      "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting")            \
    X(INVALID_BUCKET_NAME, 400, "InvalidBucketName", "The specified bucket is not valid.")         \
    X(OBJECT_LOCK_NOT_ENABLED, 409, "InvalidBucketState",                                          \
      "Object Lock configuration cannot be enabled on existing buckets")                           \
    X(INVALID_CHUNK_SIZE, 403, "InvalidChunkSizeError",                                            \
      "Only the last chunk is allowed to have a size less than 8192 bytes")                        \
    X(INVALID_DIGEST, 400, "InvalidDigest",                                                        \
      "The Content-MD5 or checksum value that you specified is not valid.")                        \
    X(INVALID_LOCATION, 400, "InvalidLocationConstraint",                                          \
      "The specified location-constraint is not valid")                                            \
    X(INVALID_OBJECT_STATE, 403, "InvalidObjectState",                                             \
      "The operation is not valid for the object's storage class")                                 \
    X(INVALID_PART, 400, "InvalidPart",                                                            \
      "One or more of the specified parts could not be found.  The part may not have been "        \
      "uploaded, or the specified entity tag may not match the part's entity tag.")                \
    X(INVALID_PART_NUMBER, 416, "InvalidPartNumber",                                               \
      "The requested partnumber is not satisfiable")                                               \
    X(INVALID_PART_ORDER, 400, "InvalidPartOrder",                                                 \
      "The list of parts was not in ascending order. Parts must be ordered by part number.")       \
    X(INVALID_RANGE, 416, "InvalidRange", "The requested range is not satisfiable")                \
    X(INVALID_REQUEST, 400, "InvalidRequest", "Invalid Request")                                   \
    X(NO_OBJECT_LOCK, 400, "InvalidRequest", "Bucket is missing Object Lock Configuration")        \
    X(INVALID_STORAGE_CLASS, 400, "InvalidStorageClass",                                           \
      "The storage class you specified is not valid")                                              \
    X(DUPLICATE_TAG, 400, "InvalidTag", "Cannot provide multiple Tags with the same key")          \
    X(INVALID_TAG_KEY, 400, "InvalidTag", "The TagKey you have provided is invalid")               \
    X(INVALID_TAG_VALUE, 400, "InvalidTag", "The TagValue you have provided is invalid")           \
    X(INVALID_TOKEN, 400, "InvalidToken", "The provided token is malformed or otherwise invalid.") \
    X(INVALID_URI, 400, "InvalidURI", "Couldn't parse the specified URI.")                         \
    X(KEY_TOO_LONG, 400, "KeyTooLongError", "Your key is too long")                                \
    X(MALFORMED_TRAILER, 400, "MalformedTrailerError",                                             \
      "The request contained trailing data that was not well-formed or did not conform to our "    \
      "published schema.")                                                                         \
    X(MALFORMED_XML, 400, "MalformedXML",                                                          \
      "The XML you provided was not well-formed or did not validate against our published schema") \
    X(MAX_MESSAGE_LENGTH_EXCEEDED, 400, "MaxMessageLengthExceeded", "Your request was too big.")   \
    X(METADATA_TOO_LARGE, 400, "MetadataTooLarge",                                                 \
      "Your metadata headers exceed the maximum allowed metadata size")                            \
    X(METHOD_NOT_ALLOWED, 405, "MethodNotAllowed",                                                 \
      "The specified method is not allowed against this resource.")                                \
    X(MISSING_CONTENT_LENGTH, 411, "MissingContentLength",                                         \
      "You must provide the Content-Length HTTP header.")                                          \
    X(NO_SUCH_BUCKET, 404, "NoSuchBucket", "The specified bucket does not exist")                  \
    X(NO_SUCH_POLICY, 404, "NoSuchBucketPolicy", "The bucket policy does not exist")               \
    X(NO_SUCH_CORS, 404, "NoSuchCORSConfiguration", "The CORS configuration does not exist")       \
    X(NO_SUCH_KEY, 404, "NoSuchKey", "The specified key does not exist.")                          \
    X(NO_SUCH_LIFECYCLE, 404, "NoSuchLifecycleConfiguration",                                      \
      "The lifecycle configuration does not exist")                                                \
    X(NO_SUCH_ACCESS_BLOCK, 404, "NoSuchPublicAccessBlockConfiguration",                           \
      "The public access block configuration was not found")                                       \
    X(NO_SUCH_TAG_SET, 404, "NoSuchTagSet", "The TagSet does not exist")                           \
    X(NO_SUCH_UPLOAD, 404, "NoSuchUpload",                                                         \
      "The specified upload does not exist. The upload ID may be invalid, or the upload may have " \
      "been aborted or completed.")                                                                \
    X(NO_SUCH_VERSION, 404, "NoSuchVersion", "The specified version does not exist.")              \
    X(NO_SUCH_WEBSITE, 404, "NoSuchWebsiteConfiguration",                                          \
      "The specified bucket does not have a website configuration")                                \
    X(NOT_IMPLEMENTED, 501, "NotImplemented",                                                      \
      "A header you provided implies functionality that is not implemented")                       \
    X(NOT_MODIFIED, 304, "NotModified", "Not Modified")                                            \
    X(OBJECT_LOCK_NOT_FOUND, 404, "ObjectLockConfigurationNotFoundError",                          \
      "Object Lock configuration does not exist for this bucket")                                  \
    X(OBJECT_NOT_IN_ACTIVE_TIER, 403, "ObjectNotInActiveTierError",                                \
      "The source object of the COPY operation is not in the active tier.")                        \
    X(PRECONDITION_FAILED, 412, "PreconditionFailed",                                              \
      "At least one of the pre-conditions you specified did not hold")                             \
    X(REPLICATION_NOT_FOUND, 404, "ReplicationConfigurationNotFoundError",                         \
      "The replication configuration was not found")                                               \
    X(REQUEST_HEADER_TOO_LARGE, 400, "RequestHeaderSectionTooLarge",                               \
      "Your request header section exceeds the maximum allowed size.")                             \
    X(REQUEST_TIME_TOO_SKEWED, 403, "RequestTimeTooSkewed",                                        \
      "The difference between the request time and the current time is too large.")                \
    X(SIGNATURE_DOES_NOT_MATCH, 403, "SignatureDoesNotMatch",                                      \
      "The request signature we calculated does not match the signature you provided. Check your " \
      "key and signing method.")                                                                   \
    X(SLOW_DOWN, 503, "SlowDown", "Please reduce your request rate.")                              \
    X(CONTENT_SHA256_MISMATCH, 400, "XAmzContentSHA256Mismatch",                                   \
      "The provided 'x-amz-content-sha256' header does not match what was computed.")              \
    X(MINIO_OBJECT_NAME, 400, "XMinioInvalidObjectName",                                           \
      "Object name contains unsupported characters.")                                              \
    X(MINIO_RESOURCE_NAME, 400, "XMinioInvalidResourceName",                                       \
      "Resource name contains bad components such as \"..\" or \".\".")

enum code {
    CODE_NONE = 0,
#define CODE_ENUM(name, status, text, message) CODE_##name,
    CODE_TABLE(CODE_ENUM)
#undef CODE_ENUM
};

int code_http_status(enum code code);
const char *code_name(enum code code);
const char *code_message(enum code code);
/* The message of the code with this name; NULL for one that the server does not have. */
const char *code_message_of(const char *name);

#endif
