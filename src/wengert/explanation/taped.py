def account_of_tensor(*a):
    raise NotImplementedError
