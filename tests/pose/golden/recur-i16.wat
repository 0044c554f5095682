 (func $assembly/poser/lstm/recur<i16> (param $0 i32) (param $1 i32) (param $2 i32) (param $3 i32) (param $4 i32)
  (local $5 v128)
  (local $6 i32)
  (local $7 v128)
  (local $8 i32)
  (local $9 v128)
  (local $10 v128)
  (local $11 i32)
  (local $12 i32)
  (local $13 v128)
  (local $14 v128)
  (local $15 v128)
  (local $16 v128)
  local.get $2
  local.get $0
  i32.load offset=4
  i32.const 1
  i32.shl
  i32.add
  local.set $11
  local.get $0
  i32.load offset=12
  local.set $6
  local.get $0
  i32.load offset=16
  local.tee $8
  local.get $0
  i32.load
  i32.const 2
  i32.shl
  i32.add
  local.set $12
  loop $for-loop|0
   local.get $8
   local.get $12
   i32.lt_u
   if
    v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
    local.set $5
    v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
    local.set $7
    v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
    local.set $9
    v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
    local.set $10
    local.get $2
    local.set $0
    loop $for-loop|1
     local.get $0
     local.get $11
     i32.lt_u
     if
      local.get $5
      local.get $6
      v128.load
      local.get $0
      v128.load32_splat
      local.tee $13
      i32x4.dot_i16x8_s
      i32x4.add
      local.get $6
      i32.const -64
      i32.sub
      v128.load
      local.get $0
      i32.const 4
      i32.add
      v128.load32_splat
      local.tee $14
      i32x4.dot_i16x8_s
      i32x4.add
      local.set $5
      local.get $7
      local.get $6
      v128.load offset=16
      local.get $13
      i32x4.dot_i16x8_s
      i32x4.add
      local.get $6
      v128.load offset=80
      local.get $14
      i32x4.dot_i16x8_s
      i32x4.add
      local.set $7
      local.get $9
      local.get $6
      v128.load offset=32
      local.get $13
      i32x4.dot_i16x8_s
      i32x4.add
      local.get $6
      v128.load offset=96
      local.get $14
      i32x4.dot_i16x8_s
      i32x4.add
      local.set $9
      local.get $10
      local.get $6
      v128.load offset=48
      local.get $13
      i32x4.dot_i16x8_s
      i32x4.add
      local.get $6
      v128.load offset=112
      local.get $14
      i32x4.dot_i16x8_s
      i32x4.add
      local.set $10
      local.get $6
      i32.const 128
      i32.add
      local.set $6
      local.get $0
      i32.const 8
      i32.add
      local.set $0
      br $for-loop|1
     end
    end
    v128.const i32x4 0xc2700000 0xc2700000 0xc2700000 0xc2700000
    v128.const i32x4 0x42700000 0x42700000 0x42700000 0x42700000
    local.get $1
    v128.load offset=48
    local.get $10
    f32x4.convert_i32x4_s
    local.get $8
    v128.load offset=48
    f32x4.mul
    f32x4.add
    v128.const i32x4 0xbfb8aa3b 0xbfb8aa3b 0xbfb8aa3b 0xbfb8aa3b
    f32x4.mul
    f32x4.pmin
    f32x4.pmax
    local.tee $10
    v128.const i32x4 0x4b400000 0x4b400000 0x4b400000 0x4b400000
    f32x4.add
    local.set $13
    v128.const i32x4 0xc2700000 0xc2700000 0xc2700000 0xc2700000
    v128.const i32x4 0x42700000 0x42700000 0x42700000 0x42700000
    local.get $1
    v128.load offset=16
    local.get $7
    f32x4.convert_i32x4_s
    local.get $8
    v128.load offset=16
    f32x4.mul
    f32x4.add
    v128.const i32x4 0xbfb8aa3b 0xbfb8aa3b 0xbfb8aa3b 0xbfb8aa3b
    f32x4.mul
    f32x4.pmin
    f32x4.pmax
    local.tee $14
    v128.const i32x4 0x4b400000 0x4b400000 0x4b400000 0x4b400000
    f32x4.add
    local.set $15
    v128.const i32x4 0xc2700000 0xc2700000 0xc2700000 0xc2700000
    v128.const i32x4 0x42700000 0x42700000 0x42700000 0x42700000
    local.get $1
    v128.load
    local.get $5
    f32x4.convert_i32x4_s
    local.get $8
    v128.load
    f32x4.mul
    f32x4.add
    v128.const i32x4 0xbfb8aa3b 0xbfb8aa3b 0xbfb8aa3b 0xbfb8aa3b
    f32x4.mul
    f32x4.pmin
    f32x4.pmax
    local.tee $5
    v128.const i32x4 0x4b400000 0x4b400000 0x4b400000 0x4b400000
    f32x4.add
    local.set $16
    v128.const i32x4 0xc2700000 0xc2700000 0xc2700000 0xc2700000
    v128.const i32x4 0x42700000 0x42700000 0x42700000 0x42700000
    local.get $1
    v128.load offset=32
    local.get $9
    f32x4.convert_i32x4_s
    local.get $8
    v128.load offset=32
    f32x4.mul
    f32x4.add
    v128.const i32x4 0xc038aa3b 0xc038aa3b 0xc038aa3b 0xc038aa3b
    f32x4.mul
    f32x4.pmin
    f32x4.pmax
    local.tee $9
    v128.const i32x4 0x4b400000 0x4b400000 0x4b400000 0x4b400000
    f32x4.add
    local.set $7
    local.get $3
    v128.const i32x4 0x3f800000 0x3f800000 0x3f800000 0x3f800000
    v128.const i32x4 0x3f800000 0x3f800000 0x3f800000 0x3f800000
    local.get $14
    local.get $15
    v128.const i32x4 0x4b400000 0x4b400000 0x4b400000 0x4b400000
    f32x4.sub
    f32x4.sub
    local.tee $14
    local.get $14
    local.get $14
    local.get $14
    local.get $14
    v128.const i32x4 0x3aaf8448 0x3aaf8448 0x3aaf8448 0x3aaf8448
    f32x4.mul
    v128.const i32x4 0x3c1e8838 0x3c1e8838 0x3c1e8838 0x3c1e8838
    f32x4.add
    f32x4.mul
    v128.const i32x4 0x3d6357b6 0x3d6357b6 0x3d6357b6 0x3d6357b6
    f32x4.add
    f32x4.mul
    v128.const i32x4 0x3e75fc83 0x3e75fc83 0x3e75fc83 0x3e75fc83
    f32x4.add
    f32x4.mul
    v128.const i32x4 0x3f317218 0x3f317218 0x3f317218 0x3f317218
    f32x4.add
    f32x4.mul
    v128.const i32x4 0x3f800001 0x3f800001 0x3f800001 0x3f800001
    f32x4.add
    local.get $15
    i32.const 23
    i32x4.shl
    i32x4.add
    f32x4.add
    f32x4.div
    local.get $3
    v128.load
    f32x4.mul
    v128.const i32x4 0x3f800000 0x3f800000 0x3f800000 0x3f800000
    v128.const i32x4 0x3f800000 0x3f800000 0x3f800000 0x3f800000
    local.get $5
    local.get $16
    v128.const i32x4 0x4b400000 0x4b400000 0x4b400000 0x4b400000
    f32x4.sub
    f32x4.sub
    local.tee $5
    local.get $5
    local.get $5
    local.get $5
    local.get $5
    v128.const i32x4 0x3aaf8448 0x3aaf8448 0x3aaf8448 0x3aaf8448
    f32x4.mul
    v128.const i32x4 0x3c1e8838 0x3c1e8838 0x3c1e8838 0x3c1e8838
    f32x4.add
    f32x4.mul
    v128.const i32x4 0x3d6357b6 0x3d6357b6 0x3d6357b6 0x3d6357b6
    f32x4.add
    f32x4.mul
    v128.const i32x4 0x3e75fc83 0x3e75fc83 0x3e75fc83 0x3e75fc83
    f32x4.add
    f32x4.mul
    v128.const i32x4 0x3f317218 0x3f317218 0x3f317218 0x3f317218
    f32x4.add
    f32x4.mul
    v128.const i32x4 0x3f800001 0x3f800001 0x3f800001 0x3f800001
    f32x4.add
    local.get $16
    i32.const 23
    i32x4.shl
    i32x4.add
    f32x4.add
    f32x4.div
    v128.const i32x4 0x40000000 0x40000000 0x40000000 0x40000000
    v128.const i32x4 0x3f800000 0x3f800000 0x3f800000 0x3f800000
    local.get $9
    local.get $7
    v128.const i32x4 0x4b400000 0x4b400000 0x4b400000 0x4b400000
    f32x4.sub
    f32x4.sub
    local.tee $5
    local.get $5
    local.get $5
    local.get $5
    local.get $5
    v128.const i32x4 0x3aaf8448 0x3aaf8448 0x3aaf8448 0x3aaf8448
    f32x4.mul
    v128.const i32x4 0x3c1e8838 0x3c1e8838 0x3c1e8838 0x3c1e8838
    f32x4.add
    f32x4.mul
    v128.const i32x4 0x3d6357b6 0x3d6357b6 0x3d6357b6 0x3d6357b6
    f32x4.add
    f32x4.mul
    v128.const i32x4 0x3e75fc83 0x3e75fc83 0x3e75fc83 0x3e75fc83
    f32x4.add
    f32x4.mul
    v128.const i32x4 0x3f317218 0x3f317218 0x3f317218 0x3f317218
    f32x4.add
    f32x4.mul
    v128.const i32x4 0x3f800001 0x3f800001 0x3f800001 0x3f800001
    f32x4.add
    local.get $7
    i32.const 23
    i32x4.shl
    i32x4.add
    f32x4.add
    f32x4.div
    v128.const i32x4 0x3f800000 0x3f800000 0x3f800000 0x3f800000
    f32x4.sub
    f32x4.mul
    f32x4.add
    local.tee $5
    v128.store
    v128.const i32x4 0xc2700000 0xc2700000 0xc2700000 0xc2700000
    v128.const i32x4 0x42700000 0x42700000 0x42700000 0x42700000
    local.get $5
    v128.const i32x4 0xc038aa3b 0xc038aa3b 0xc038aa3b 0xc038aa3b
    f32x4.mul
    f32x4.pmin
    f32x4.pmax
    local.tee $5
    v128.const i32x4 0x4b400000 0x4b400000 0x4b400000 0x4b400000
    f32x4.add
    local.set $7
    local.get $4
    v128.const i32x4 0x3f800000 0x3f800000 0x3f800000 0x3f800000
    v128.const i32x4 0x3f800000 0x3f800000 0x3f800000 0x3f800000
    local.get $10
    local.get $13
    v128.const i32x4 0x4b400000 0x4b400000 0x4b400000 0x4b400000
    f32x4.sub
    f32x4.sub
    local.tee $9
    local.get $9
    local.get $9
    local.get $9
    local.get $9
    v128.const i32x4 0x3aaf8448 0x3aaf8448 0x3aaf8448 0x3aaf8448
    f32x4.mul
    v128.const i32x4 0x3c1e8838 0x3c1e8838 0x3c1e8838 0x3c1e8838
    f32x4.add
    f32x4.mul
    v128.const i32x4 0x3d6357b6 0x3d6357b6 0x3d6357b6 0x3d6357b6
    f32x4.add
    f32x4.mul
    v128.const i32x4 0x3e75fc83 0x3e75fc83 0x3e75fc83 0x3e75fc83
    f32x4.add
    f32x4.mul
    v128.const i32x4 0x3f317218 0x3f317218 0x3f317218 0x3f317218
    f32x4.add
    f32x4.mul
    v128.const i32x4 0x3f800001 0x3f800001 0x3f800001 0x3f800001
    f32x4.add
    local.get $13
    i32.const 23
    i32x4.shl
    i32x4.add
    f32x4.add
    f32x4.div
    v128.const i32x4 0x40000000 0x40000000 0x40000000 0x40000000
    v128.const i32x4 0x3f800000 0x3f800000 0x3f800000 0x3f800000
    local.get $5
    local.get $7
    v128.const i32x4 0x4b400000 0x4b400000 0x4b400000 0x4b400000
    f32x4.sub
    f32x4.sub
    local.tee $5
    local.get $5
    local.get $5
    local.get $5
    local.get $5
    v128.const i32x4 0x3aaf8448 0x3aaf8448 0x3aaf8448 0x3aaf8448
    f32x4.mul
    v128.const i32x4 0x3c1e8838 0x3c1e8838 0x3c1e8838 0x3c1e8838
    f32x4.add
    f32x4.mul
    v128.const i32x4 0x3d6357b6 0x3d6357b6 0x3d6357b6 0x3d6357b6
    f32x4.add
    f32x4.mul
    v128.const i32x4 0x3e75fc83 0x3e75fc83 0x3e75fc83 0x3e75fc83
    f32x4.add
    f32x4.mul
    v128.const i32x4 0x3f317218 0x3f317218 0x3f317218 0x3f317218
    f32x4.add
    f32x4.mul
    v128.const i32x4 0x3f800001 0x3f800001 0x3f800001 0x3f800001
    f32x4.add
    local.get $7
    i32.const 23
    i32x4.shl
    i32x4.add
    f32x4.add
    f32x4.div
    v128.const i32x4 0x3f800000 0x3f800000 0x3f800000 0x3f800000
    f32x4.sub
    f32x4.mul
    v128.const i32x4 0x457ff000 0x457ff000 0x457ff000 0x457ff000
    f32x4.mul
    v128.const i32x4 0x4b400000 0x4b400000 0x4b400000 0x4b400000
    f32x4.add
    v128.const i32x4 0x4b400000 0x4b400000 0x4b400000 0x4b400000
    i32x4.sub
    local.tee $5
    local.get $5
    i16x8.narrow_i32x4_s
    v128.store64_lane 0
    local.get $1
    i32.const -64
    i32.sub
    local.set $1
    local.get $3
    i32.const 16
    i32.add
    local.set $3
    local.get $4
    i32.const 8
    i32.add
    local.set $4
    local.get $8
    i32.const -64
    i32.sub
    local.set $8
    br $for-loop|0
   end
  end
 )
