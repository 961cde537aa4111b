"""What Waybill knows, and the rules that always hold."""
