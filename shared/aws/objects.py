"""S3 objects, whole."""

from shared.aws.clients import s3


def put_object(bucket: str, key: str, body: bytes) -> None:
    """Write the object; writing the same again changes nothing."""
    s3().put_object(Bucket=bucket, Key=key, Body=body)


def get_object(bucket: str, key: str) -> bytes:
    """The object's bytes. Raises botocore's ClientError (NoSuchKey) where there is none."""
    return s3().get_object(Bucket=bucket, Key=key)["Body"].read()
