"""What is put under faults: Onggi, or redis-server with redis-sentinel. A module each, with the same words."""
