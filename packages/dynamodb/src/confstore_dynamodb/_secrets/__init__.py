"""Secrets at AWS: sealed by KMS, kept by Secrets Manager and Parameter Store."""
