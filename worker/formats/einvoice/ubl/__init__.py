"""What the UBL formats have alike: the order of elements, parts that are the same in all, and a reader."""
