;; The two passes of resample.ts on three channels, four values at a time: the same sums in the same fixed point, so the same bytes.
;; Rows are read and written past their end by up to 15 bytes; the caller leaves room for that. Sums start at `half`.
(module
  (memory (export "memory") 1)

  ;; Along rows: `rows` rows of `stride` bytes from $from, each to `count` pixels of 3 bytes at $to. Axis tables: 32-bit integers.
  (func (export "along") (param $from i32) (param $stride i32) (param $rows i32)
        (param $starts i32) (param $counts i32) (param $weights i32) (param $taps i32) (param $count i32) (param $to i32)
    (local $x i32) (local $p i32) (local $k i32) (local $end i32) (local $sum v128)
    (block $done
      (loop $row
        (br_if $done (i32.eqz (local.get $rows)))
        (local.set $x (i32.const 0))
        (loop $pixel
          (local.set $p (i32.add (local.get $from)
            (i32.mul (i32.const 3) (i32.load (i32.add (local.get $starts) (i32.shl (local.get $x) (i32.const 2)))))))
          (local.set $k (i32.add (local.get $weights)
            (i32.shl (i32.mul (local.get $x) (local.get $taps)) (i32.const 2))))
          (local.set $end (i32.add (local.get $k)
            (i32.shl (i32.load (i32.add (local.get $counts) (i32.shl (local.get $x) (i32.const 2)))) (i32.const 2))))
          (local.set $sum (i32x4.splat (i32.const 2097152)))
          (loop $tap
            (local.set $sum (i32x4.add (local.get $sum) (i32x4.mul
              (v128.load32_splat (local.get $k))
              (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u (v128.load32_zero (local.get $p)))))))
            (local.set $p (i32.add (local.get $p) (i32.const 3)))
            (local.set $k (i32.add (local.get $k) (i32.const 4)))
            (br_if $tap (i32.lt_u (local.get $k) (local.get $end))))
          (local.set $sum (i32x4.shr_s (local.get $sum) (i32.const 22)))
          (local.set $sum (i16x8.narrow_i32x4_s (local.get $sum) (local.get $sum)))
          (v128.store32_lane 0 (local.get $to) (i8x16.narrow_i16x8_u (local.get $sum) (local.get $sum)))
          (local.set $to (i32.add (local.get $to) (i32.const 3)))
          (local.set $x (i32.add (local.get $x) (i32.const 1)))
          (br_if $pixel (i32.lt_u (local.get $x) (local.get $count))))
        (local.set $from (i32.add (local.get $from) (local.get $stride)))
        (local.set $rows (i32.sub (local.get $rows) (i32.const 1)))
        (br $row))))

  ;; Across rows: rows of `length` bytes from $from, of which the axis' first starts at row `first`, to `count` rows at $to.
  (func (export "across") (param $from i32) (param $length i32) (param $first i32)
        (param $starts i32) (param $counts i32) (param $weights i32) (param $taps i32) (param $count i32) (param $to i32)
    (local $y i32) (local $x i32) (local $row i32) (local $p i32) (local $k i32) (local $k0 i32) (local $end i32)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128) (local $v v128) (local $h v128) (local $w v128)
    (loop $line
      (local.set $row (i32.add (local.get $from) (i32.mul (local.get $length) (i32.sub
        (i32.load (i32.add (local.get $starts) (i32.shl (local.get $y) (i32.const 2)))) (local.get $first)))))
      (local.set $k0 (i32.add (local.get $weights)
        (i32.shl (i32.mul (local.get $y) (local.get $taps)) (i32.const 2))))
      (local.set $end (i32.add (local.get $k0)
        (i32.shl (i32.load (i32.add (local.get $counts) (i32.shl (local.get $y) (i32.const 2)))) (i32.const 2))))
      (local.set $x (i32.const 0))
      (loop $sixteen
        (local.set $p (i32.add (local.get $row) (local.get $x)))
        (local.set $k (local.get $k0))
        (local.set $a (i32x4.splat (i32.const 2097152)))
        (local.set $b (local.get $a))
        (local.set $c (local.get $a))
        (local.set $d (local.get $a))
        (loop $tap
          (local.set $v (v128.load (local.get $p)))
          (local.set $w (v128.load32_splat (local.get $k)))
          (local.set $h (i16x8.extend_low_i8x16_u (local.get $v)))
          (local.set $a (i32x4.add (local.get $a)
            (i32x4.mul (local.get $w) (i32x4.extend_low_i16x8_u (local.get $h)))))
          (local.set $b (i32x4.add (local.get $b)
            (i32x4.mul (local.get $w) (i32x4.extend_high_i16x8_u (local.get $h)))))
          (local.set $h (i16x8.extend_high_i8x16_u (local.get $v)))
          (local.set $c (i32x4.add (local.get $c)
            (i32x4.mul (local.get $w) (i32x4.extend_low_i16x8_u (local.get $h)))))
          (local.set $d (i32x4.add (local.get $d)
            (i32x4.mul (local.get $w) (i32x4.extend_high_i16x8_u (local.get $h)))))
          (local.set $p (i32.add (local.get $p) (local.get $length)))
          (local.set $k (i32.add (local.get $k) (i32.const 4)))
          (br_if $tap (i32.lt_u (local.get $k) (local.get $end))))
        (v128.store (i32.add (local.get $to) (local.get $x)) (i8x16.narrow_i16x8_u
          (i16x8.narrow_i32x4_s (i32x4.shr_s (local.get $a) (i32.const 22)) (i32x4.shr_s (local.get $b) (i32.const 22)))
          (i16x8.narrow_i32x4_s (i32x4.shr_s (local.get $c) (i32.const 22)) (i32x4.shr_s (local.get $d) (i32.const 22)))))
        (local.set $x (i32.add (local.get $x) (i32.const 16)))
        (br_if $sixteen (i32.lt_u (local.get $x) (local.get $length))))
      (local.set $to (i32.add (local.get $to) (local.get $length)))
      (local.set $y (i32.add (local.get $y) (i32.const 1)))
      (br_if $line (i32.lt_u (local.get $y) (local.get $count))))))
