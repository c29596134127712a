"""Where the network looked: saliency maps, and how they are drawn over a film."""
