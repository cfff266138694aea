"""Transfers of files: FTP, TFTP, NFS, and files put together from reads and writes."""
