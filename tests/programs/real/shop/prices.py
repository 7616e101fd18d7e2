def gross(net, rate):
    tax = net * rate / 100
    return net + tax  # @gross
