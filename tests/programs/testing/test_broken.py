import nothing_of_that_name  # @import
