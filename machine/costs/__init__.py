"""The costs of the simulated machine: cycles by event, on processors that are data. Off unless a priced core is used.

* ``machine.costs.quantity``: Quantity, a number, a range, or unknown.
* ``machine.costs.processor``, ``machine.costs.reading``: Processor, and the files in TOML that it is read from.
* ``machine.costs.events``: Event, PRICES (one table), Ledger, Bill.
* ``machine.costs.caches``: Cache by sets, ways and lines; ThreeCs, which tells misses apart.
* ``machine.costs.traces``: address traces in din and of valgrind's lackey.
* ``machine.costs.core``: PricedCore, a core that keeps a ledger.

Not modelled: pipelines and parallel issue, write buffers, second-level caches, cached reads of walks (they are in the
price of a buffer miss), and pseudo-LRU, which is taken as least recently used.
"""
