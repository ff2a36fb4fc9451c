"""What our server adds to a request, beside a direct call to an upstream that costs almost nothing."""
