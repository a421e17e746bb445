// Which part of an image becomes the square that a model sees. Knows no pixels.
import { roundHalfEven } from './augment/image.ts';
import type { Box, View } from './resample.ts';

/**
 * For evaluation, as timm's centre crop (timm/data/transforms_factory.py, transforms_imagenet_eval): the shorter side becomes
 * floor(size / share), the longer one as torchvision's Resize cuts it off, and of that the central size x size.
 */
export function centreView(width: number, height: number, size: number, share: number): View {
  const short = Math.floor(size / share);
  const [w, h] =
    width <= height ? [short, Math.floor((short * height) / width)] : [Math.floor((short * width) / height), short];
  const window = { left: roundHalfEven((w - size) / 2), top: roundHalfEven((h - size) / 2), width: size, height: size };
  return { box: { left: 0, top: 0, width, height }, width: w, height: h, window };
}

/** A part of the image, all of it resized to size x size. */
export function wholeView(box: Box, size: number): View {
  return { box, width: size, height: size, window: { left: 0, top: 0, width: size, height: size } };
}

/** True where the view is the image as it is. */
export const isIdentity = ({ box, width, height, window }: View, image: { width: number; height: number }): boolean =>
  [box.width, width, window.width].every((w) => w === image.width) &&
  [box.height, height, window.height].every((h) => h === image.height);
