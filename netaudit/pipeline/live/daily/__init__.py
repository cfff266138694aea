"""An appliance: record without end, and have a sealed case a day, in bounded room; nobody needs to look on."""
