"""Source domains made by formula: what the source model ``worlds`` is pre-trained on."""

from tlbook.synthetic.worlds.domains import DOMAINS, Domain, draw_image, draw_images, hash_domain
from tlbook.synthetic.worlds.world import LABELS, draw_sheet, draw_world

__all__ = ["DOMAINS", "LABELS", "Domain", "draw_image", "draw_images", "draw_sheet", "draw_world", "hash_domain"]
