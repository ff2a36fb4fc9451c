"""Several servers over one database, killed at random under load: is each request charged once, for what it took?"""
