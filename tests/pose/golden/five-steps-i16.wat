 (func $assembly/poser/project/fiveSteps<i16> (param $0 i32) (param $1 i32) (param $2 i32) (param $3 i32) (param $4 i32) (param $5 i32) (param $6 i32) (param $7 i32) (param $8 i32) (param $9 i32) (param $10 i32)
  (local $11 i32)
  (local $12 v128)
  (local $13 i32)
  (local $14 i32)
  (local $15 v128)
  (local $16 v128)
  (local $17 v128)
  (local $18 v128)
  (local $19 v128)
  (local $20 v128)
  (local $21 v128)
  (local $22 v128)
  (local $23 v128)
  (local $24 v128)
  (local $25 v128)
  (local $26 v128)
  (local $27 v128)
  (local $28 v128)
  (local $29 v128)
  local.get $3
  local.tee $11
  local.get $2
  i32.add
  local.tee $3
  local.get $11
  i32.add
  local.tee $13
  local.get $11
  i32.add
  local.tee $14
  local.get $11
  i32.add
  local.set $11
  local.get $1
  local.get $2
  i32.add
  local.set $1
  loop $for-loop|0
   local.get $1
   local.get $2
   i32.gt_u
   if
    local.get $12
    local.get $0
    v128.load
    local.tee $24
    local.get $2
    v128.load32_splat
    local.tee $25
    i32x4.dot_i16x8_s
    i32x4.add
    local.get $0
    i32.const -64
    i32.sub
    v128.load
    local.tee $26
    local.get $2
    i32.const 4
    i32.add
    v128.load32_splat
    local.tee $27
    i32x4.dot_i16x8_s
    i32x4.add
    local.set $12
    local.get $15
    local.get $0
    v128.load offset=16
    local.tee $28
    local.get $25
    i32x4.dot_i16x8_s
    i32x4.add
    local.get $0
    v128.load offset=80
    local.tee $25
    local.get $27
    i32x4.dot_i16x8_s
    i32x4.add
    local.set $15
    local.get $16
    local.get $24
    local.get $3
    v128.load32_splat
    local.tee $27
    i32x4.dot_i16x8_s
    i32x4.add
    local.get $26
    local.get $3
    i32.const 4
    i32.add
    v128.load32_splat
    local.tee $29
    i32x4.dot_i16x8_s
    i32x4.add
    local.set $16
    local.get $17
    local.get $28
    local.get $27
    i32x4.dot_i16x8_s
    i32x4.add
    local.get $25
    local.get $29
    i32x4.dot_i16x8_s
    i32x4.add
    local.set $17
    local.get $18
    local.get $24
    local.get $13
    v128.load32_splat
    local.tee $27
    i32x4.dot_i16x8_s
    i32x4.add
    local.get $26
    local.get $13
    i32.const 4
    i32.add
    v128.load32_splat
    local.tee $29
    i32x4.dot_i16x8_s
    i32x4.add
    local.set $18
    local.get $19
    local.get $28
    local.get $27
    i32x4.dot_i16x8_s
    i32x4.add
    local.get $25
    local.get $29
    i32x4.dot_i16x8_s
    i32x4.add
    local.set $19
    local.get $20
    local.get $24
    local.get $14
    v128.load32_splat
    local.tee $27
    i32x4.dot_i16x8_s
    i32x4.add
    local.get $26
    local.get $14
    i32.const 4
    i32.add
    v128.load32_splat
    local.tee $29
    i32x4.dot_i16x8_s
    i32x4.add
    local.set $20
    local.get $21
    local.get $28
    local.get $27
    i32x4.dot_i16x8_s
    i32x4.add
    local.get $25
    local.get $29
    i32x4.dot_i16x8_s
    i32x4.add
    local.set $21
    local.get $22
    local.get $24
    local.get $11
    v128.load32_splat
    local.tee $24
    i32x4.dot_i16x8_s
    i32x4.add
    local.get $26
    local.get $11
    i32.const 4
    i32.add
    v128.load32_splat
    local.tee $26
    i32x4.dot_i16x8_s
    i32x4.add
    local.set $22
    local.get $23
    local.get $28
    local.get $24
    i32x4.dot_i16x8_s
    i32x4.add
    local.get $25
    local.get $26
    i32x4.dot_i16x8_s
    i32x4.add
    local.set $23
    local.get $0
    i32.const 128
    i32.add
    local.set $0
    local.get $3
    i32.const 8
    i32.add
    local.set $3
    local.get $13
    i32.const 8
    i32.add
    local.set $13
    local.get $14
    i32.const 8
    i32.add
    local.set $14
    local.get $11
    i32.const 8
    i32.add
    local.set $11
    local.get $2
    i32.const 8
    i32.add
    local.set $2
    br $for-loop|0
   end
  end
  local.get $15
  f32x4.convert_i32x4_s
  local.get $4
  v128.load offset=16
  local.get $5
  v128.load32_splat
  local.tee $15
  f32x4.mul
  f32x4.mul
  local.set $24
  local.get $9
  local.get $12
  f32x4.convert_i32x4_s
  local.get $4
  v128.load
  local.get $15
  f32x4.mul
  f32x4.mul
  local.get $7
  v128.load
  f32x4.add
  v128.store
  local.get $9
  local.get $24
  local.get $7
  v128.load offset=16
  f32x4.add
  v128.store offset=16
  local.get $17
  f32x4.convert_i32x4_s
  local.get $4
  v128.load offset=16
  local.get $5
  local.get $6
  i32.add
  local.tee $0
  v128.load32_splat
  local.tee $12
  f32x4.mul
  f32x4.mul
  local.set $15
  local.get $9
  local.get $10
  i32.add
  local.tee $1
  local.get $16
  f32x4.convert_i32x4_s
  local.get $4
  v128.load
  local.get $12
  f32x4.mul
  f32x4.mul
  local.get $7
  local.get $8
  i32.add
  local.tee $2
  v128.load
  f32x4.add
  v128.store
  local.get $1
  local.get $15
  local.get $2
  v128.load offset=16
  f32x4.add
  v128.store offset=16
  local.get $19
  f32x4.convert_i32x4_s
  local.get $4
  v128.load offset=16
  local.get $0
  local.get $6
  i32.add
  local.tee $0
  v128.load32_splat
  local.tee $12
  f32x4.mul
  f32x4.mul
  local.set $15
  local.get $1
  local.get $10
  i32.add
  local.tee $1
  local.get $18
  f32x4.convert_i32x4_s
  local.get $4
  v128.load
  local.get $12
  f32x4.mul
  f32x4.mul
  local.get $2
  local.get $8
  i32.add
  local.tee $2
  v128.load
  f32x4.add
  v128.store
  local.get $1
  local.get $15
  local.get $2
  v128.load offset=16
  f32x4.add
  v128.store offset=16
  local.get $21
  f32x4.convert_i32x4_s
  local.get $4
  v128.load offset=16
  local.get $0
  local.get $6
  i32.add
  local.tee $0
  v128.load32_splat
  local.tee $12
  f32x4.mul
  f32x4.mul
  local.set $15
  local.get $1
  local.get $10
  i32.add
  local.tee $1
  local.get $20
  f32x4.convert_i32x4_s
  local.get $4
  v128.load
  local.get $12
  f32x4.mul
  f32x4.mul
  local.get $2
  local.get $8
  i32.add
  local.tee $2
  v128.load
  f32x4.add
  v128.store
  local.get $1
  local.get $15
  local.get $2
  v128.load offset=16
  f32x4.add
  v128.store offset=16
  local.get $23
  f32x4.convert_i32x4_s
  local.get $4
  v128.load offset=16
  local.get $0
  local.get $6
  i32.add
  v128.load32_splat
  local.tee $12
  f32x4.mul
  f32x4.mul
  local.set $15
  local.get $1
  local.get $10
  i32.add
  local.tee $0
  local.get $22
  f32x4.convert_i32x4_s
  local.get $4
  v128.load
  local.get $12
  f32x4.mul
  f32x4.mul
  local.get $2
  local.get $8
  i32.add
  local.tee $1
  v128.load
  f32x4.add
  v128.store
  local.get $0
  local.get $15
  local.get $1
  v128.load offset=16
  f32x4.add
  v128.store offset=16
 )
