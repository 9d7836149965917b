"""DynamoDB's own forms: values, expressions and replies as they travel."""
