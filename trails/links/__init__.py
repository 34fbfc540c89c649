"""Roles of entities, trails in time order between them, and the links from organisers to drivers."""
