"""The frozen types that everyone exchanges: requests, results, events. Imports nothing but itself."""
