"""What each command of `slipway stack`, `account`, `images` and `ci` does; `slipway` declares their options."""
