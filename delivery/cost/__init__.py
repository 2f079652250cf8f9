"""What a stack costs a month: the price list, and the parts of a stack file's bill."""
