"""Messages to parts: what is in a body is taken apart until images, documents and opaque bytes are left."""
